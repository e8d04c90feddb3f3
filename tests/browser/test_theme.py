"""The switch in the account menu changes how the page looks, and nothing else of it."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin


@pytest.fixture
def ann(site):
    return site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)


def choose(page, label):
    menu = page.locator("#account-menu")
    if not menu.is_visible():
        page.get_by_role("button", name="account menu").click()
    menu.get_by_role("button", name=label, exact=True).click()
    return menu.get_by_role("button", name=label, exact=True)


def theme_of(site, person):
    with site.app.app_context():
        return db.session.get_one(Admin, person.id).theme


def test_what_is_typed_stays_while_the_theme_changes(page, context, site, ann):
    site.sign_in(context, ann)
    page.goto("/account/preferences")
    page.locator('main [name="name"]').fill("Half a na")
    button = choose(page, "Dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_focused()
    expect(page.locator("#account-menu [aria-pressed=true]")).to_have_count(1)
    expect(page.get_by_label("Dark")).to_be_checked()
    assert page.locator('main [name="name"]').input_value() == "Half a na"
    assert theme_of(site, ann) == "dark"


def test_auto_follows_the_device_at_once(page, context, site, ann):
    site.sign_in(context, ann)
    page.goto("/")
    for label, theme in (("Dark", "dark"), ("Auto", "light")):
        choose(page, label)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_filters_of_the_address_stay_without_javascript(plain_page, site, ann):
    site.sign_in(plain_page.context, ann)
    plain_page.goto("/audit?outcome=failure&range=7d")
    choose(plain_page, "Dark")
    expect(plain_page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(plain_page).to_have_url(re.compile(r"/audit\?outcome=failure&range=7d$"))
