"""Anybody tries the channels with no account: `askbay simulate`, and a page to chat on as a user of either."""

import re
import subprocess
import sys

import pytest
from channels_house import copy_of
from playwright.sync_api import Page, expect


@pytest.fixture
def simulated(kaohsiung_data, tmp_path, environment):
    command = [sys.executable, "-m", "app.cli", "simulate", "--port", "0", "--serve-port", "0"]
    process = subprocess.Popen(
        command, env=environment(copy_of(kaohsiung_data, tmp_path)), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    try:
        page = ""
        for line in process.stderr:
            if found := re.search(r"here: (http://\S+)", line):
                page = found.group(1)
            if "is running" in line:
                break
        assert page
        yield page
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_visitor_chats_as_a_user_of_line_and_of_telegram(page: Page, simulated: str):
    page.goto(simulated)
    page.get_by_role("button", name="follow").click()
    expect(page.locator(".theirs").first).to_contain_text("不是真人", timeout=120_000)
    page.get_by_label("訊息").fill("旗津渡輪票價多少？")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_contain_text("40元")
    expect(page.get_by_role("link", name=re.compile(r"^\[1\]"))).to_have_attribute("href", re.compile("^https://"))
    page.get_by_role("button", name="👍").click()
    expect(page.locator("#log")).to_contain_text("謝謝您的回饋")

    page.get_by_role("button", name="Telegram").click()
    page.get_by_label("訊息").fill("How much is the Cijin ferry?")
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_contain_text("NT$40")
    page.get_by_role("button", name="Not helpful").click()
    expect(page.get_by_role("button", name="過時").or_(page.get_by_role("button", name="Out of date"))).to_be_visible()
    expect(page.locator("#notes")).to_be_empty()
