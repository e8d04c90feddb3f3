"""Coupons in a browser: the form shows what belongs to what is chosen, and needs no JavaScript."""

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from seeds.catalog import seed_catalog

NEW = "/coupons/new"


@pytest.fixture
def people(site):
    """Meg of marketing and Mo, a manager."""
    with site.app.app_context():
        seed_catalog()
        db.session.commit()
    return [
        site.person(name, role, is_second_factor_on=True)
        for name, role in (("Meg Marketing", Role.MARKETING), ("Mo Manager", Role.MANAGER))
    ]


def test_without_javascript_more_is_asked_for_and_approved(site, plain_page, people):
    meg, mo = people
    site.sign_in(plain_page.context, meg)
    plain_page.goto(NEW)
    plain_page.fill("[name=code]", "HALF")
    plain_page.fill("[name=percent]", "50")
    plain_page.get_by_role("button", name="Make the coupon").click()
    expect(plain_page.locator("#passed li")).to_have_count(3)
    expect(plain_page.locator("[name=percent]")).to_have_value("50")
    plain_page.get_by_role("button", name="Ask a manager").click()
    expect(plain_page.locator("#approval")).to_contain_text("somebody else decides")
    plain_page.context.clear_cookies()
    site.sign_in(plain_page.context, mo)
    plain_page.goto("/coupons")
    plain_page.locator("#waiting").click()
    plain_page.get_by_role("link", name="HALF", exact=True).click()
    plain_page.get_by_role("button", name="Approve HALF").click()
    expect(plain_page.locator(".facts")).to_contain_text("Active")


def test_a_form_shows_what_belongs_to_what_is_chosen(site, page, people):
    site.sign_in(page.context, people[1])
    page.goto(NEW)
    amount, percent, periods, tenants = (
        page.locator(f"[name={name}]") for name in ("amount_USD", "percent", "periods", "tenants")
    )
    for hidden in (amount, periods, tenants):
        expect(hidden).to_be_hidden()
    page.check("[value=amount]")
    page.check("[value=repeating]")
    page.check("[value=named]")
    for shown in (amount, periods, tenants):
        expect(shown).to_be_visible()
    expect(percent).to_be_hidden()


def test_an_end_is_one_click_away(site, page, people):
    site.sign_in(page.context, people[0])
    page.goto(NEW)
    page.get_by_role("button", name="90 days").click()
    page.fill("[name=code]", "ALONE")
    page.fill("[name=percent]", "30")
    page.fill("[name=max_redemptions]", "100")
    page.get_by_role("button", name="Make the coupon").click()
    expect(page.locator(".facts")).to_contain_text("Active")
