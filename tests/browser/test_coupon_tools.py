"""Many codes and the simulator in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from seeds.catalog import seed_catalog
from tests.cast import make_tenant
from tests.coupons.conftest import make_coupon


@pytest.fixture
def meg(site):
    """Meg of marketing, a customer, and a coupon of a fifth."""
    number = next(site.numbers)
    with site.app.app_context():
        seed_catalog()
        make_tenant(f"Zinnia{number}")
        make_coupon(f"FIFTH-{number}")
        db.session.commit()
    person = site.person("Meg Marketing", Role.MARKETING, is_second_factor_on=True)
    return person, f"Zinnia{number}", f"FIFTH-{number}"


def test_a_customer_is_found_while_one_types(site, page, meg):
    person, tenant, code = meg
    site.sign_in(page.context, person)
    page.goto("/coupons/simulate")
    page.locator("#simulate-form [name=q]").press_sequentially(tenant.lower())
    expect(page.locator("#tenant-choices input")).to_be_checked()
    page.select_option("[name=plan]", "professional")
    page.fill("[name=codes]", code)
    page.get_by_role("button", name="Show what they pay").click()
    expect(page.locator("#simulation")).to_contain_text(f"{tenant} would pay 63.20 USD")


def test_without_javascript_a_customer_is_found_and_answered_for(site, plain_page, meg):
    person, tenant, code = meg
    site.sign_in(plain_page.context, person)
    plain_page.goto("/coupons/simulate")
    plain_page.fill("#simulate-form [name=q]", tenant)
    plain_page.fill("[name=codes]", code)
    plain_page.get_by_role("button", name="Find").click()
    expect(plain_page.locator("#tenant-choices input")).to_be_checked()
    expect(plain_page.locator("[name=codes]")).to_have_value(code)
    plain_page.select_option("[name=plan]", "basic")
    plain_page.get_by_role("button", name="Show what they pay").click()
    expect(plain_page.locator("#simulation")).to_contain_text(f"{tenant} would pay 23.20 USD")


def test_without_javascript_codes_are_made_and_taken_away(site, plain_page, meg):
    site.sign_in(plain_page.context, meg[0])
    plain_page.goto("/coupons/batches/new")
    plain_page.fill("[name=count]", "60")
    plain_page.fill("[name=prefix]", "FAIR")
    plain_page.fill("[name=percent]", "15")
    plain_page.get_by_role("button", name="Make the codes").click()
    expect(plain_page.locator("#passed li")).to_have_count(1)
    plain_page.get_by_role("button", name="Ask a manager").click()
    expect(plain_page.locator("#approval")).to_contain_text("somebody else decides")
    expect(plain_page.locator("#code-rows tr")).to_have_count(50)
    with plain_page.expect_download() as taken:
        plain_page.get_by_role("link", name="CSV of the codes").click()
    lines = taken.value.path().read_text().splitlines()
    assert len(lines) == 61
