"""Every kind of provider can be opened, and is told the form; what cannot be used says what to do."""

import pytest

from bot.language_model import ModelSettings, _bind, open_language_model
from bot.model_contract import LanguageModelUnusable, WrittenAnswer


@pytest.mark.parametrize(
    ("settings", "told_by"),
    [
        (ModelSettings("openai:gpt-5-mini", key="k"), "response_format"),
        (ModelSettings("openai:taide", address="http://127.0.0.1:9/v1"), "response_format"),
        (ModelSettings("anthropic:claude-haiku-4-5", key="k"), "tool_choice"),
        (ModelSettings("ollama:llama3.1"), "format"),
    ],
)
def test_each_provider_opens_without_being_reached_and_is_told_the_form(settings, told_by):
    model = open_language_model(settings)
    assert told_by in _bind(model._chat, WrittenAnswer, model._provider).kwargs


def test_a_hosted_model_is_given_no_temperature_and_ones_own_is():
    assert open_language_model(ModelSettings("openai:gpt-5-mini", key="k"))._chat.temperature is None
    assert open_language_model(ModelSettings("openai:taide", address="http://127.0.0.1:9/v1"))._chat.temperature == 0


@pytest.mark.parametrize("name", ["nobody:model", "openai", "cohere:command"])
def test_a_model_that_cannot_be_made_says_why(name, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LanguageModelUnusable):
        open_language_model(ModelSettings(name))
