"""A citizen on a phone: asks, opens a source, switches language, says what was wrong."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

SERIOUS = ("serious", "critical")


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox").fill(question)
    page.keyboard.press("Enter")


def serious_faults(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['help']}" for fault in violations if fault["impact"] in SERIOUS]


def test_a_citizen_asks_in_chinese_and_opens_the_source(page: Page, address: str):
    page.goto(address)
    expect(page.locator(".automatic")).to_contain_text("不是真人")
    ask(page, "旗津渡輪票價多少？")
    answer = page.locator(".assistant").last
    expect(answer).to_have_attribute("data-status", "answered")
    expect(answer.locator(".text")).to_contain_text("40元")
    source = answer.locator("details").first
    source.locator("summary").click()
    expect(source.locator("blockquote")).to_contain_text("40元")
    expect(source.get_by_role("link")).to_have_attribute("href", re.compile("^https://soweb"))


def test_a_citizen_switches_to_english_and_asks_again(page: Page, address: str):
    page.goto(address)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    ask(page, "How much is the Cijin ferry?")
    expect(page.locator(".assistant .text").last).to_contain_text("NT$40")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_suggested_question_is_asked_with_the_keyboard_alone(page: Page, address: str):
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator(".suggestions button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".assistant").last).to_have_attribute("data-status", re.compile("answered"))


def test_what_is_not_known_is_said_with_the_hotline(page: Page, address: str):
    page.goto(address)
    ask(page, "高雄捷運黃線哪一天通車？")
    expect(page.locator(".assistant").last).to_have_attribute("data-status", "unanswered_no_source")
    expect(page.locator(".assistant .text").last).to_contain_text("1999")


def test_a_citizen_says_what_was_wrong_with_an_answer(page: Page, address: str):
    page.goto(address)
    ask(page, "旗津渡輪票價多少？")
    feedback = page.locator(".feedback")
    feedback.locator(".down").click()
    feedback.locator("select").select_option("outdated")
    feedback.locator("input").fill("票價改了")
    feedback.locator("form button").click()
    expect(feedback).to_contain_text("謝謝")


def test_html_in_a_question_is_shown_as_written_and_never_run(page: Page, address: str):
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(address)
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script> 渡輪票價？"
    ask(page, attack)
    expect(page.locator(".citizen .text").last).to_have_text(attack)
    expect(page.locator(".assistant").last).to_have_attribute("data-status", re.compile("."))
    assert dialogs == []


def test_when_the_server_cannot_be_reached_the_question_is_kept(page: Page, address: str):
    page.goto(address)
    page.route("**/api/ask/stream", lambda route: route.abort())
    ask(page, "旗津渡輪票價多少？")
    expect(page.locator(".assistant .text").last).to_contain_text("1999")
    expect(page.get_by_role("textbox")).to_have_value("旗津渡輪票價多少？")


def test_without_javascript_a_question_is_answered_all_the_same(browser: Browser, address: str):
    context = browser.new_context(locale="zh-TW", java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("textbox").fill("旗津渡輪票價多少？")
    page.get_by_role("button", name="送出").click()
    expect(page.locator(".assistant .text")).to_contain_text("40元")
    page.locator(".suggestions button").nth(1).click()
    expect(page.locator(".assistant")).to_have_attribute("data-status", "answered")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-TW", "en"])
def test_axe_finds_no_serious_fault_in_either_language_or_scheme(browser: Browser, address: str, scheme, language):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/?lang={language}")
    assert serious_faults(page) == []
    ask(page, "旗津渡輪票價多少？")
    expect(page.locator(".assistant").last).to_have_attribute("data-status", "answered")
    page.locator("details summary").first.click()
    page.locator(".feedback .down").click()
    assert serious_faults(page) == []
    context.close()
