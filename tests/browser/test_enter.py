"""Enter in a field sends its form, also where another button stands before the real one."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from seeds.catalog import seed_catalog
from tests.cast import make_tenant, make_user

FILE = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"x"}


@pytest.fixture
def uma(site) -> str:
    """A user whom no other test knows, at a tenant that is called the same."""
    name = f"Uma{next(site.numbers)}"
    with site.app.app_context():
        seed_catalog()
        make_user(make_tenant(name, external_id=name), name, email=f"{name}@acme.test".lower())
        db.session.commit()
    return name


@pytest.fixture(params=["page", "plain_page"], ids=["with-scripts", "without-scripts"])
def mo(site, request):
    page = request.getfixturevalue(request.param)
    mo = site.person("Mo Manager", Role.MANAGER, is_second_factor_on=True)
    site.sign_in(page.context, mo)
    return page


def found_by_enter(page, form, name):
    page.locator(f"{form} [name=q]").fill(name)
    with page.expect_navigation():
        page.locator(f"{form} [name=q]").press("Enter")
    expect(page.locator("[id$=-choices] input:checked")).to_have_count(1)


def test_enter_in_the_subject_opens_the_ticket_with_its_files(mo, uma):
    mo.goto("/support/tickets/new")
    field = mo.locator("#user")
    field.fill(uma)
    field.press("Enter")
    expect(mo.locator("#requester-choices input:checked")).to_have_count(1)
    expect(mo.locator("main .field-error, main .error-summary")).to_have_count(0)
    mo.locator("[name=body]").fill("It creaks.")
    mo.locator("[name=files]").set_input_files(FILE)
    mo.locator("[name=subject]").fill("A call")
    mo.locator("[name=subject]").press("Enter")
    expect(mo.locator("h1")).to_have_text("A call")
    expect(mo.locator(".message-files")).to_contain_text("plan.txt")


def test_enter_finds_who_asks_and_leaves_the_rest_as_it_is(site, page, uma):
    site.sign_in(page.context, site.person("Bea Agent", is_second_factor_on=True))
    page.goto("/support/tickets/new")
    page.locator("[name=files]").set_input_files(FILE)
    page.locator("#user").fill(uma)
    with page.expect_response(re.compile("/support/tickets/new")) as answered:
        page.locator("#user").press("Enter")
    assert answered.value.request.method == "GET"
    expect(page.locator("#requester-choices input:checked")).to_have_count(1)
    expect(page.locator("#user")).to_be_focused()
    expect(page.locator("[name=files]")).to_have_value(re.compile("plan.txt"))


def test_enter_in_the_price_shows_what_they_pay(mo, uma):
    mo.goto("/coupons/simulate")
    found_by_enter(mo, "#simulate-form", uma)
    mo.locator("[name=plan]").select_option("professional")
    mo.get_by_text("Another price, further lines").click()
    mo.locator("[name=price]").fill("50.00")
    mo.locator("[name=price]").press("Enter")
    expect(mo.locator("#simulation")).to_contain_text(f"{uma} would pay 50.00 USD")


def test_enter_in_a_coupon_that_is_too_much_asks_no_manager(site, page, uma):
    meg = site.person("Meg Marketing", Role.MARKETING, is_second_factor_on=True)
    site.sign_in(page.context, meg)
    page.goto("/coupons/new")
    page.locator("[name=code]").fill(f"HALF-{uma}")
    page.locator("[name=percent]").fill("50")
    page.get_by_role("button", name="Make the coupon").click()
    expect(page.get_by_role("button", name="Ask a manager")).to_be_visible()
    page.locator("[name=percent]").fill("60")
    page.locator("[name=percent]").press("Enter")
    expect(page.locator("[name=percent]")).to_have_js_property("defaultValue", "60")
    expect(page.get_by_role("button", name="Ask a manager")).to_be_visible()
