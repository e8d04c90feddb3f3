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


def test_a_second_click_while_the_first_is_under_way_sends_nothing(page, site, ann):
    page.goto("/staff/invite")
    main = page.locator("main")
    main.locator('[name="email"]').fill(f"new.{ann.email}")
    main.locator('[name="name"]').fill("Ned New")
    assert main.locator('[type="submit"]').evaluate(CLICK_TWICE) == [False, True]
    expect(page.locator("h1")).to_have_text("Ned New")
    assert events(site, Action.STAFF_INVITED, ann.email) == 1


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
