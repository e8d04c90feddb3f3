"""The audit log by hand and by keyboard, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.sequencing import sequence_all
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from tests.cast import actor


@pytest.fixture
def mo(site) -> Admin:
    """A manager who did three things that nobody else did."""
    mo = site.person("Mo Manager", Role.MANAGER, is_second_factor_on=True)
    with site.app.app_context():
        for name in ("first", "second", "third"):
            target = Target("staff", 7, f"the {name} of {mo.email}")
            record(Action.STAFF_INVITED, by=actor(mo), target=target, changes={"name": (name, "x")})
        db.session.commit()
        sequence_all()
    return mo


@pytest.fixture
def log(page, site, mo):
    site.sign_in(page.context, mo)
    page.goto(f"/audit?actor={mo.id}&action=staff.invited")
    expect(page.locator(".event-link")).to_have_count(3)
    return page


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def test_the_keys_go_through_the_events_and_open_one(log):
    log.keyboard.press("j")
    assert "the third" in focused(log)
    log.keyboard.press("j")
    assert "the second" in focused(log)
    log.keyboard.press("k")
    log.keyboard.press("Enter")
    drawer = log.locator("#event-drawer")
    expect(drawer.locator("#event-title")).to_contain_text("the third")
    log.keyboard.press("j")
    expect(drawer.locator("#event-title")).to_contain_text("the second")
    expect(drawer.locator("del")).to_have_text("− second")
    log.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "the second" in focused(log)


def test_a_slash_searches_and_the_address_follows(log, mo):
    log.keyboard.press("/")
    expect(log.locator("main [name=q]")).to_be_focused()
    log.keyboard.type(f"the first of {mo.email}")
    expect(log.locator(".event-link")).to_have_count(1)
    expect(log).to_have_url(re.compile(r"/audit\?q=the\+first.*&action=staff.invited&actor=\d+$"))
    expect(log.locator(".chip")).to_have_count(4)
    log.reload()
    expect(log.locator(".event-link")).to_have_count(1)


def test_a_chip_takes_its_filter_away(log):
    log.get_by_role("link", name="Remove the filter Action").click()
    expect(log).to_have_url(re.compile(r"/audit\?actor=\d+$"))


def test_an_event_is_verified_where_it_is_shown(log):
    log.locator(".event-link").first.click()
    drawer = log.locator("#event-drawer")
    drawer.get_by_role("link", name="Verify this event").click()
    expect(drawer.get_by_text("This event is in the log and nobody changed it.")).to_be_visible()


def test_a_wrong_filter_is_said_without_leaving_the_page(log):
    log.get_by_text("Dates and more filters").click()
    address = log.get_by_label("IP address")
    if not address.is_visible():
        log.get_by_text("Dates and more filters").click()
    address.fill("nowhere")
    address.press("Tab")
    expect(log.locator("#filter-faults")).to_contain_text("Write an IP address")
    expect(address).to_have_value("nowhere")
    expect(log.locator(".event-link")).to_have_count(0)


@pytest.fixture
def plain_log(plain_page, site, mo):
    site.sign_in(plain_page.context, mo)
    plain_page.goto(f"/audit?actor={mo.id}&action=staff.invited")
    return plain_page


def test_without_javascript_everything_is_a_page(plain_log):
    plain_log.locator(".event-link").first.click()
    expect(plain_log.locator("h1")).to_contain_text("the third")
    plain_log.get_by_role("link", name="Verify this event").click()
    expect(plain_log.get_by_text("This event is in the log and nobody changed it.")).to_be_visible()
    plain_log.go_back()
    plain_log.get_by_role("link", name="Same person").click()
    expect(plain_log.locator(".event-link").first).to_be_visible()


def test_without_javascript_a_view_is_saved_and_opened(plain_log):
    plain_log.get_by_role("link", name="Save as a view").click()
    plain_log.get_by_label("Name").fill("My invitations")
    plain_log.get_by_role("button", name="Save view").click()
    expect(plain_log.get_by_text("My invitations is saved.")).to_be_visible()
    plain_log.get_by_role("link", name="Saved views").click()
    plain_log.get_by_role("link", name="My invitations", exact=True).click()
    expect(plain_log.locator(".event-link")).to_have_count(3)
