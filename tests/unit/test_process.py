"""What a long-running process writes down, and what it does not."""

import logging

import pytest

from app.process import start_logging


@pytest.mark.parametrize("client", ["httpx", "httpx2"])
def test_the_addresses_of_outside_calls_are_not_logged_for_they_may_hold_secrets(client, monkeypatch):
    monkeypatch.setattr(logging.getLogger(client), "level", logging.NOTSET)
    start_logging()
    assert not logging.getLogger(client).isEnabledFor(logging.INFO)
