"""A manager grants a feature: by the keyboard alone, by a double click, and from a second tab."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from portal.core.database import db
from portal.core.roles import Role
from portal.entitlements.models import UserEntitlement
from seeds.catalog import seed_catalog
from tests.browser import hands
from tests.cast import make_tenant, make_user

MOST_STOPS = 150
FORM = "Grant a feature to Uma User"


@pytest.fixture
def uma(site, request) -> int:
    """A user whose plan does not include reports."""
    with site.app.app_context():
        seed_catalog()
        user = make_user(make_tenant("Acme", external_id=request.node.name[:100]))
        db.session.commit()
        return user.id


@pytest.fixture
def desk(page, context, site, uma) -> Page:
    """Mo before Uma's page."""
    site.sign_in(context, site.person("Mo Manager", Role.MANAGER, is_second_factor_on=True))
    page.goto(f"/customers/users/{uma}")
    return page


@pytest.fixture
def form(desk) -> Page:
    """Mo before the form that grants her reports."""
    desk.get_by_role("link", name="Grant Custom Reports").click()
    hands.arrive(desk, FORM)
    return desk


def test_what_a_chosen_feature_would_do_stands_beside_it_at_once(form):
    expect(form.locator("#grant-preview")).to_contain_text("It was granted to this user.")


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_STOPS} tab stops, and none of them is {target}")


def grants_to(site, uma: int) -> list[UserEntitlement]:
    with site.app.app_context():
        query = sa.select(UserEntitlement).where(UserEntitlement.user_id == uma)
        return list(db.session.scalars(query))


def test_a_feature_is_granted_by_the_keyboard_alone(desk, site, uma):
    tab_to(desk, desk.get_by_role("link", name="Grant Custom Reports"))
    desk.keyboard.press("Enter")
    hands.arrive(desk, FORM)
    tab_to(desk, desk.locator("#quota_limit"))
    desk.keyboard.type("3")
    tab_to(desk, desk.locator("#reason"))
    expect(desk.locator("#grant-preview")).to_contain_text("0 of 3 used, 3 left")
    desk.keyboard.type("asked by phone")
    tab_to(desk, desk.get_by_role("button", name="Save for Uma User"))
    desk.keyboard.press("Enter")
    expect(desk.locator("main")).to_contain_text("Custom Reports is granted.")
    assert len(grants_to(site, uma)) == 1


def test_the_why_panel_is_reached_from_the_users_page(desk):
    desk.get_by_role("link", name="Why? Custom Reports").click()
    expect(desk.locator("#why")).to_contain_text("The plan Professional.")
    desk.locator("#at").fill("2020-01-01T09:00")
    expect(desk.locator("#why")).to_contain_text("There is no such feature.")


def test_one_click_fills_the_end_and_shows_it(form):
    form.get_by_role("button", name="14 days").click()
    expect(form.locator("#expires_at")).not_to_have_value("")
    expect(form.locator("#grant-preview")).to_contain_text("It was granted to this user.")


def test_a_double_click_grants_once(form, site, uma):
    form.locator("#reason").fill("twice by mistake")
    form.get_by_role("button", name="Save for Uma User").dblclick()
    expect(form.locator("main")).to_contain_text("Custom Reports is granted.")
    assert len(grants_to(site, uma)) == 1


def test_two_tabs_leave_one_grant_in_force(form, context, site, uma):
    other = context.new_page()
    other.goto(form.url)
    for tab, reason in ((form, "first tab"), (other, "second tab")):
        tab.locator("#reason").fill(reason)
        tab.get_by_role("button", name="Save for Uma User").click()
        expect(tab.locator("main")).to_contain_text("Custom Reports is granted.")
    open_ones = [row.reason for row in grants_to(site, uma) if row.ended_at is None]
    assert open_ones == ["second tab"]
