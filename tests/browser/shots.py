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
from io import BytesIO
from pathlib import Path

import pyotp
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, executable

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
SECONDS_TO_START = 300
MILLISECONDS = 120_000
COLOURS = 160
FEATURE, SHOWN = "Custom Reports", "Flute prices"
"""Subjects of the two tickets that are shown."""
PAGES = {
    "home-manager": ("manager", "/"),
    "coupon": ("manager", "/coupons?status=awaiting_approval"),
    "audit": ("manager", "/audit?log=entitlements"),
    "calendar": ("manager", "/audit/calendar"),
    "event": ("manager", "/audit?action=subscription.trial_changed"),
    "proofs": ("manager", "/audit/log"),
    "alerts": ("manager", "/audit/alerts"),
    "support-reports": ("manager", "/support/reports"),
    "levels": ("manager", "/support/levels"),
    "people": ("admin", "/staff"),
    "user": ("admin", "/customers/users/1"),
    "why": ("admin", "/entitlements/users/1/why/custom_reports"),
    "grant": ("admin", "/entitlements/users/1/grant?feature_name=custom_reports"),
    "matrix": ("admin", "/catalog/matrix"),
    "sign-in-rules": ("admin", "/staff/policy"),
    "tokens": ("admin", "/tokens"),
    "health": ("admin", "/operations/health"),
    "home-agent": ("support_agent", "/"),
    "queue": ("support_agent", "/support/queue/all"),
}
"""What is shot in light colours: who looks at it, and where."""
FOLLOWED = {"coupon": "main tbody a", "event": "#events a[href^='/audit/events/']"}
"""Where a link of the page is what is to be shown."""
ASKED = {
    "ticket-why": "/why/custom_reports",
    "ticket-grant": "/grant?feature_name=custom_reports",
    "goodwill": "/goodwill",
}
"""Pages of the ticket of somebody who asks for a feature."""


def main() -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder)) as address:
        people = json.loads((Path(folder) / "demo-credentials.json").read_text())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
            newcomer(browser, address, people["newcomer"])
            roles = sorted({role for role, _ in PAGES.values()})
            pages = {role: signed_in(browser, address, people[role]) for role in roles}
            for name, (role, path) in PAGES.items():
                look(pages[role], address + path, name)
            desk(pages["support_agent"], address)
            in_the_dark(pages["admin"], address)
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


def signed_in(browser: Browser, address: str, person: dict[str, str]) -> Page:
    page = opened(browser, address, person)
    page.fill("[name=totp_code]", pyotp.TOTP(person["totp_secret"]).now())
    page.click("main [type=submit]")
    page.wait_for_url(f"{address}/")
    return page


def look(page: Page, url: str, name: str) -> None:
    page.goto(url)
    if name in FOLLOWED:
        page.locator(FOLLOWED[name]).first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, f"{name}-light")


def desk(page: Page, address: str) -> None:
    """A ticket that somebody answered, and what is to be decided in one that asks for a feature."""
    page.goto(f"{address}/support/queue/all")
    links = page.locator(".queue-link")
    asked = address + str(links.filter(has_text=FEATURE).get_attribute("href")).partition("?")[0]
    links.filter(has_text=SHOWN).first.click()
    page.wait_for_load_state("networkidle")
    shoot(page, "ticket-light")
    for name, path in ASKED.items():
        look(page, asked + path, name)


def in_the_dark(page: Page, address: str) -> None:
    """And on a phone."""
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    shoot(page, "home-dark")
    page.set_viewport_size(NARROW)
    page.goto(address + PAGES["people"][1])
    shoot(page, "people-narrow")


def opened(browser: Browser, address: str, person: dict[str, str]) -> Page:
    page = browser.new_context(viewport=WIDE, color_scheme="light").new_page()
    page.set_default_timeout(MILLISECONDS)
    page.goto(f"{address}/sign-in")
    page.fill("[name=email]", person["email"])
    page.fill("[name=password]", person["password"])
    page.click("main [type=submit]")
    return page


def shoot(page: Page, name: str) -> None:
    """With few colours, as one page has: a third of the size."""
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
