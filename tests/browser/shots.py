"""`make shots`: the screenshots of README and docs, of a demo company made for the occasion."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
SECONDS_TO_START = 120
PAGES = {
    "home": "/",
    "people": "/staff",
    "security": "/account/security",
    "user": "/customers/users/1",
    "why": "/entitlements/users/1/why/custom_reports",
    "grant": "/entitlements/users/1/grant?feature_name=custom_reports",
    "matrix": "/catalog/matrix",
    "audit": "/audit?log=admin-logins",
    "sign-in-rules": "/staff/policy",
    "health": "/operations/health",
}
ASKED = {
    "ticket-why": "/why/custom_reports",
    "ticket-grant": "/grant?feature_name=custom_reports",
}


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder)) as address:
        people = json.loads((Path(folder) / "demo-credentials.json").read_text())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            newcomer(browser, address, people["newcomer"])
            admin(browser, address, people["admin"])
            browser.close()
    return 0


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """What `make run` starts, on a port and in a folder of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    more = {"PORT": port, "PORTAL_INSTANCE_DIR": str(folder), "PORTAL_BRAND": "BoxCostPro"}
    words = [sys.executable, "-m", "seeds.serve"]
    with subprocess.Popen(words, cwd=ROOT, env={**os.environ, **more}) as server:
        try:
            wait_for(int(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.2)
        finally:
            connection.close()
    raise TimeoutError("the portal did not start")


def newcomer(browser: Browser, address: str, person: dict[str, str]) -> None:
    page = opened(browser, address, person)
    page.locator("#totp-qr").wait_for()
    shoot(page, "enrol-light")


def admin(browser: Browser, address: str, person: dict[str, str]) -> None:
    page = opened(browser, address, person)
    page.fill("[name=totp_code]", pyotp.TOTP(person["totp_secret"]).now())
    page.click("main [type=submit]")
    page.wait_for_url(f"{address}/")
    for name, path in PAGES.items():
        page.goto(address + path)
        shoot(page, f"{name}-light")
    desk(page, address)
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    shoot(page, "home-dark")
    page.set_viewport_size(NARROW)
    page.goto(address + PAGES["people"])
    shoot(page, "people-narrow")


def desk(page: Page, address: str) -> None:
    """The queue, the ticket on top, one of somebody who asks for a feature, and the reports."""
    page.goto(f"{address}/support/queue/all")
    shoot(page, "queue-light")
    link = page.locator(".queue-link", has_text="Custom Reports")
    asked = address + str(link.get_attribute("href")).partition("?")[0]
    page.locator(".queue-link").first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "ticket-light")
    for name, path in ASKED.items():
        page.goto(asked + path)
        page.wait_for_load_state("networkidle")
        shoot(page, f"{name}-light")
    page.goto(f"{address}/support/reports")
    shoot(page, "support-reports-light")


def opened(browser: Browser, address: str, person: dict[str, str]) -> Page:
    page = browser.new_context(viewport=WIDE, color_scheme="light").new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=email]", person["email"])
    page.fill("[name=password]", person["password"])
    page.click("main [type=submit]")
    return page


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
