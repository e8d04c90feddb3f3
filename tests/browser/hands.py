"""What a person does on the pages, by the words and fields that they see.

A click returns before its answer is there: whoever looks at what came of it, asks the database,
or goes elsewhere first waits for something that only the new page shows.
"""

import re

from playwright.sync_api import APIResponse, Page, Route, expect

from portal.staff.models import Admin
from tests.browser.phone import Phone
from tests.cast import PASSWORD

HELD = "body[data-kept]"


def hold(page: Page, address: str | re.Pattern[str]) -> list[tuple[Route, APIResponse]]:
    """Keep the next answer from the page, which is `HELD` once it was made."""
    held = []

    def keep(route: Route) -> None:
        held.append((route, route.fetch()))
        page.evaluate("document.body.dataset.kept = ''")

    page.route(address, keep, times=1)
    return held


def let_go(held: list[tuple[Route, APIResponse]]) -> None:
    [(route, answer)] = held
    route.fulfill(response=answer)


def send(page: Page, button: str | None = None, **fields: str) -> None:
    """Fill the fields of the page's form and press its button."""
    main = page.locator("main")
    for name, value in fields.items():
        field = main.locator(f'[name="{name}"]:not([type="hidden"])')
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form = main.locator("form", has=page.locator(f'[name="{name}"]')) if fields else main
    press = form.get_by_role("button", name=button) if button else form.locator('[type="submit"]')
    press.click()


def give_password(page: Page, admin: Admin, password: str = PASSWORD) -> None:
    page.goto("/sign-in")
    send(page, email=admin.email, password=password)


def enrol(page: Page) -> tuple[Phone, list[str]]:
    """From the enrolment page to ten saved codes, by a picture of the screen."""
    expect(page.locator("#totp-qr")).to_be_visible()
    phone = Phone.scan(page.screenshot(full_page=True))
    send(page, totp_code=phone.code())
    items = page.locator("#backup-codes li")
    expect(items).to_have_count(10)
    codes = items.all_inner_texts()
    page.get_by_label("I saved these codes").check()
    page.get_by_role("button", name="Done").click()
    return phone, codes


def arrive(page: Page, heading: str) -> None:
    """Wait for the page of this heading, until its scripts listen to keys and clicks."""
    expect(page.locator("h1")).to_have_text(heading)
    page.wait_for_load_state()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · BoxCostPro")


def expect_home(page: Page, admin: Admin) -> None:
    expect(page.get_by_role("button", name="account menu")).to_contain_text(admin.name)
