"""Staff publish by the command line; citizens get it on LINE, Telegram and the page; staff see who got it."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime

import pytest
from announcements import add_citizen
from channels_house import LINE_SECRET, LINE_TOKEN, TELEGRAM_TOKEN, copy_of, open_house, open_platforms
from playwright.async_api import async_playwright, expect
from simulators.line import make_user

from app.wiring import make_publisher

NOTICE = """
title: {zh-TW: 前鎮區停水公告, en: Water cut in Cianjhen}
text:
  zh-TW: 前鎮區12月5日上午九點至下午五點停水，請提早儲水。
  en: No water in Cianjhen on 5 December from 9:00 to 17:00; please store some.
topic: services
districts: [cianjhen]
emergency: true
link: https://example.org/water
"""
ROWS = """title,text,topic,districts,at
第一則,第一則內文,events,,2099-01-01 09:00
第二則,,events,,
第三則,第三則內文,nothing,,
"""


def real_now():
    return datetime.now(UTC)


@pytest.fixture
async def house(kaohsiung_data, tmp_path):
    async with (
        open_platforms() as (line, telegram),
        open_house(copy_of(kaohsiung_data, tmp_path), line, telegram, real_now) as opened,
    ):
        yield opened


class Office:
    """The command line of a member of staff."""

    def __init__(self, house):
        settings = house.askbay.settings
        self.environment = {
            **os.environ,
            "ASKBAY_DATA": str(settings.data),
            "ASKBAY_LANGUAGE": "zh-TW",
            "ASKBAY_LINE_CHANNEL_SECRET": LINE_SECRET,
            "ASKBAY_LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN,
            "ASKBAY_LINE_API": settings.line_api,
            "ASKBAY_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
            "ASKBAY_TELEGRAM_API": settings.telegram_api,
            "COLUMNS": "200",
        }

    async def announce(self, *arguments, fails=False):
        """Run a command; returns what it says."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.cli", "announce", *map(str, arguments)),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        assert bool(process.returncode) is fails, said
        return said


async def test_staff_publish_a_notice_and_see_who_got_it(house, tmp_path, chromium):
    await add_citizen(
        house.askbay.database, "line", make_user(1), real_now(), topics=["services"], districts=["cianjhen"]
    )
    await add_citizen(house.askbay.database, "line", make_user(2), real_now(), topics=["services"], districts=["cijin"])
    await add_citizen(house.askbay.database, "telegram", "7", real_now(), topics=["services"], language="en")
    office, notice = Office(house), tmp_path / "water.yaml"
    notice.write_text(NOTICE, encoding="utf-8")
    assert "第 1 號" in await office.announce("new", notice, "--as", "陳小姐")
    preview = await office.announce("preview", 1)
    assert "請提早儲水" in preview
    assert "立即 2 人" in preview
    await office.announce("submit", 1, "--as", "陳小姐")
    assert "另一位同仁" in await office.announce("approve", 1, "--as", "陳小姐", fails=True)
    await office.announce("approve", 1, "--as", "王科長")
    await office.announce("schedule", 1, "--as", "王科長")
    await make_publisher(house.askbay, house.channels).publish_due()
    assert "停水，請提早儲水" in str(await house.line.wait_for(make_user(1), 1))
    assert "please store some" in (await house.telegram.wait_for(7, 1))[0]["text"]
    await asyncio.sleep(1.5)
    shown = await office.announce("show", 1)
    assert "平台已收：1" in shown
    assert "王科長" in shown
    assert "已發布" in await office.announce("list")
    await see_it_on_the_page(house, chromium)
    assert "通知收到的 2 人" in await office.announce("recall", 1, "--correction", "改為12月6日。", "--as", "王科長")
    await make_publisher(house.askbay, house.channels).publish_due()
    assert "改為12月6日" in str(await house.line.wait_for(make_user(1), 2))
    assert house.line.seen(make_user(2)) == []
    house.assert_no_misuse()


async def see_it_on_the_page(house, chromium):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(locale="zh-TW", viewport={"width": 390, "height": 844})
        await page.goto(house.address)
        news = page.locator("#news")
        await expect(news.locator("summary")).to_have_text("【緊急公告】前鎮區停水公告")
        await expect(news.locator(".text")).to_contain_text("請提早儲水")
        await browser.close()


async def test_of_a_list_that_is_handed_in_the_good_entries_are_stored_and_the_wrong_ones_told(house, tmp_path):
    office, rows = Office(house), tmp_path / "rows.csv"
    rows.write_text(ROWS, encoding="utf-8-sig")
    said = await office.announce("import", rows, "--as", "陳小姐", fails=True)
    assert re.search(r"第 2 筆沒有存.*中文", said)
    assert re.search(r"第 3 筆沒有存.*沒有這個主題", said)
    assert "存了 1 筆草稿" in said
    assert "沒有這個編號" in await office.announce("show", 99, fails=True)
    missing = await office.announce("new", tmp_path / "nothing.yaml", fails=True)
    assert "讀不進來" in missing
