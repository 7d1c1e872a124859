"""The prompts as LangChain's own kind, for our model and for chains of others."""

from __future__ import annotations

from langchain_core.prompts import ChatPromptTemplate

from prompts.model_prompts import load_model_prompt


def load_chat_template(name: str) -> ChatPromptTemplate:
    """Return a prompt as a ChatPromptTemplate: a system and a human message over its inputs."""
    prompt = load_model_prompt(name)
    return ChatPromptTemplate.from_messages([("system", prompt.system), ("human", prompt.human)])
