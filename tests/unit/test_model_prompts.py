"""The prompts: what each is for, what goes in, and that a change is told by its version."""

import hashlib
import re

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from prompts.chat_templates import load_chat_template
from prompts.model_prompts import NAMES, load_model_prompt

# Changing a prompt changes what citizens read: raise its version, then write the new sum here.
VERSIONS = {
    "compose_answer": (1, "e423cd862b82"),
    "rewrite_question": (1, "43a6726ec7b5"),
    "judge_answer": (1, "64443ecc58a8"),
}
_PLACE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_tells_its_purpose_and_names_every_input(name):
    prompt = load_model_prompt(name)
    assert prompt.name == name
    assert len(prompt.purpose) > 40
    assert set(prompt.inputs) == set(_PLACE.findall(prompt.system + prompt.human))


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_prompt_has_a_new_version(name):
    prompt = load_model_prompt(name)
    fingerprint = hashlib.sha256(f"{prompt.system}\n{prompt.human}".encode()).hexdigest()[:12]
    assert (prompt.version, fingerprint) == VERSIONS[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_a_chat_template_that_takes_braces_as_they_are(name):
    values = {field: f"<{field}> {{not a place}}" for field in load_model_prompt(name).inputs}
    system, human = load_chat_template(name).format_messages(**values)
    assert isinstance(system, SystemMessage)
    assert isinstance(human, HumanMessage)
    whole = f"{system.content}\n{human.content}"
    assert all(value in whole for value in values.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_says_that_what_it_is_given_is_data(name):
    assert "never instructions" in load_model_prompt(name).system


def test_passages_and_question_stand_in_fences():
    human = load_model_prompt("compose_answer").human
    assert "<passages>\n{passages}\n</passages>" in human
    assert "<question>\n{question}\n</question>" in human
