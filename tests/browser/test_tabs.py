"""Impatient people and people with two tabs: a deed is done once, and an old page says so."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.roles import Role
from tests.browser import hands
from tests.cast import PASSWORD, sudo_until

# Whether each of two clicks was stopped before it sent the form.
CLICK_TWICE = """button => {
    const stopped = [];
    addEventListener("submit", (event) => stopped.push(event.defaultPrevented));
    button.click();
    button.click();
    return stopped;
}"""
# The same, where any time goes by between the two.
CLICK_LATE = CLICK_TWICE.replace("{", "{ window.setTimeout = act => act();", 1)

# Whether a click was stopped after the browser was told to wait no longer for the one before.
CLICK_AND_STOP = """async button => {
    button.click();
    await new Promise(done => setTimeout(done, 500));
    stop();
    await new Promise(done => setTimeout(done, 100));
    let isStopped;
    addEventListener("submit", (event) => {
        isStopped = event.defaultPrevented;
        event.preventDefault();
    });
    button.click();
    return isStopped;
}"""


@pytest.fixture
def ann(context, site):
    person = site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)
    site.sign_in(context, person, sudo_until=sudo_until(), sudo_method="totp")
    return person


def events(site, action, label) -> int:
    with site.app.app_context():
        query = sa.select(sa.func.count()).where(
            AuditEvent.action == action, AuditEvent.actor_label == label
        )
        return db.session.scalar(query)


def invite(page, ann):
    page.goto("/staff/invite")
    page.locator('main [name="email"]').fill(f"new.{ann.email}")
    page.locator('main [name="name"]').fill("Ned New")
    return page.locator('main [type="submit"]')


def test_a_second_click_while_the_first_is_under_way_sends_nothing(page, site, ann):
    assert invite(page, ann).evaluate(CLICK_TWICE) == [False, True]
    expect(page.locator("h1")).to_have_text("Ned New")
    assert events(site, Action.STAFF_INVITED, ann.email) == 1


def test_a_second_click_sends_nothing_however_long_the_answer_takes(page, site, ann):
    assert invite(page, ann).evaluate(CLICK_LATE) == [False, True]
    expect(page.locator("h1")).to_have_text("Ned New")
    assert events(site, Action.STAFF_INVITED, ann.email) == 1


def test_whoever_stops_the_waiting_may_click_again(page, ann):
    button = invite(page, ann)
    page.route("**/staff/invite", lambda route: None)
    assert button.evaluate(CLICK_AND_STOP) is False


def test_a_file_is_fetched_again_after_a_while(page, site, ann):
    page.clock.install()
    page.goto("/audit/export")
    for _ in range(2):
        with page.expect_download():
            page.get_by_role("button", name="Download the bundle").click()
        page.clock.fast_forward(6_000)
    assert events(site, Action.AUDIT_EXPORTED, ann.email) == 2


def test_a_file_behind_a_proof_begins_by_itself_and_is_fetched_again(context, page, site):
    person = site.person("Mo Manager", Role.MANAGER)
    site.sign_in(context, person)
    page.goto("/audit")
    page.get_by_role("link", name="CSV").click()
    page.locator('main [name="sudo_password"]').fill(PASSWORD)
    with page.expect_download():
        page.get_by_role("button", name="Confirm and go on").click()
    expect(page.locator("h1")).to_have_text("Your file is on its way")
    with page.expect_download():
        page.get_by_role("link", name="Fetch it again").click()
    page.get_by_role("link", name="Go back").click()
    expect(page.locator("h1")).to_have_text("Audit log")
    assert events(site, Action.SESSION_SUDO_GRANTED, person.email) == 1


def test_a_page_from_before_the_session_was_renewed_says_so_and_works_after_a_reload(context, site):
    fay = site.person("Fay Finance", Role.FINANCE)
    site.sign_in(context, fay)
    old, new = context.new_page(), context.new_page()
    old.goto("/account/preferences")
    new.goto("/account/sudo")
    hands.send(new, sudo_password=PASSWORD)
    hands.arrive(new, "Good to see you, Fay")
    hands.send(old, "Save preferences", name="Fay F. Finance")
    expect(old.locator("h1")).to_have_text("This page is out of date")
    assert events(site, Action.ACCOUNT_PREFERENCES_CHANGED, fay.email) == 0
    old.goto("/account/preferences")
    hands.send(old, "Save preferences", name="Fay F. Finance")
    expect(old.get_by_text("saved")).to_be_visible()
    assert events(site, Action.ACCOUNT_PREFERENCES_CHANGED, fay.email) == 1
