"""Makes docs/images/conversation.png: a question asked on a phone-sized page, answered, its source opened.

The server runs over a temporary data folder; nothing is left behind but the picture.

    .venv/bin/python docs/make_screenshot.py
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "conversation.png"
QUESTION = "旗津渡輪票價多少？"
PHONE: ViewportSize = {"width": 430, "height": 832}
PIXELS_A_POINT = 2
MAX_BYTES = 400_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def run_server(data: Path) -> Iterator[str]:
    """Start the assistant on a free port over a data folder; yield its address."""
    environment = {**os.environ, "ASKBAY_DATA": str(data), "ASKBAY_PORT": "0", "ASKBAY_HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "app.cli", "serve"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, encoding="utf-8")  # noqa: S603
    try:
        yield _read_address(server)
    finally:
        server.terminate()
        server.communicate(timeout=20)


def _read_address(server: subprocess.Popen[str]) -> str:
    said = []
    for line in server.stderr or ():
        said.append(line)
        if match := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return match.group()
    raise RuntimeError(f"the server did not start: {''.join(said)}")


def hold_conversation(page: Page, address: str) -> None:
    """Ask the question as a citizen would and open the first source."""
    page.goto(address)
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-status=answered]")
    page.click(".citations summary")
    page.wait_for_selector(".citations blockquote")
    page.evaluate("document.activeElement.blur()")


def main() -> None:
    """Take the picture."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise SystemExit("No Chromium found: install the system's chromium package and run this again.")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(
            locale="zh-TW", viewport=PHONE, device_scale_factor=PIXELS_A_POINT, color_scheme="light"
        )
        page = context.new_page()
        hold_conversation(page, address)
        page.screenshot(path=PICTURE)
        browser.close()
    if PICTURE.stat().st_size > MAX_BYTES:
        raise SystemExit(f"{PICTURE.name} is larger than {MAX_BYTES} bytes")
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes")  # noqa: T201  what the script made


if __name__ == "__main__":
    main()
