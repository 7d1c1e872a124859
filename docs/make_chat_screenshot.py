"""Makes docs/images/chat.png: a chat on the simulated LINE of `askbay simulate`. Needs the system's Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PICTURE = Path(__file__).parent / "images" / "chat.png"
READY_MS = 120_000


def main() -> None:
    """Start the simulators, chat, take the picture."""
    with tempfile.TemporaryDirectory() as data:
        environment = {**os.environ, "ASKBAY_DATA": data, "ASKBAY_LANGUAGE": "en"}
        command = [sys.executable, "-m", "app.cli", "simulate", "--port", "0", "--serve-port", "0"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603
        try:
            take_picture(read_address(process))
        finally:
            process.terminate()
            process.communicate()


def read_address(process: subprocess.Popen[str]) -> str:
    """Return the page's address, once the assistant runs."""
    page = ""
    for line in process.stderr or ():
        if found := re.search(r"here: (http://\S+)", line):
            page = found.group(1)
        if "is running" in line:
            return page
    raise SystemExit("askbay simulate did not start")


def take_picture(address: str) -> None:
    """Chat a little and save what the screen shows."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 420, "height": 1000}, device_scale_factor=2)
        page.goto(address)
        page.get_by_role("button", name="follow").click()
        expect(page.locator(".theirs").first).to_contain_text("不是真人", timeout=READY_MS)
        page.get_by_label("訊息").fill("旗津渡輪票價多少？")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="👍")).to_be_visible()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
