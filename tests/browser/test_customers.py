"""Customers are found as one types, and shut out without JavaScript too."""

import re

from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from tests.cast import make_tenant, make_user, sudo_until

FOUND = re.compile(r"[?&]q=juni(&|$)")


def given(site, name):
    """A tenant of this name with one user; the ids of both."""
    with site.app.app_context():
        tenant = make_tenant(name, external_id=name.lower())
        user = make_user(tenant, f"Una of {name}")
        db.session.commit()
        return tenant.id, user.id


def test_typing_finds_a_tenant_and_the_address_remembers_it(context, site, page):
    given(site, "Juniper")
    given(site, "Kestrel")
    site.sign_in(context, site.person("Bea Agent", is_second_factor_on=True))
    page.goto("/customers")
    page.keyboard.press("/")
    page.keyboard.type("juni")
    expect(page).to_have_url(FOUND)
    expect(page.locator("#tenant-rows tr")).to_have_count(1)
    page.locator("#tenant-rows").get_by_role("link", name="Juniper").click()
    expect(page.locator("h1")).to_have_text("Juniper")
    page.go_back()
    expect(page).to_have_url(FOUND)
    expect(page.locator("#tenant-rows tr")).to_have_count(1)


def test_an_address_is_shown_in_its_place_by_the_keyboard_and_masked_when_loaded_again(
    context, site, page
):
    _, user_id = given(site, "Madrona")
    site.sign_in(context, site.person("Bea Agent", is_second_factor_on=True))
    page.goto(f"/customers/users/{user_id}")
    place = page.locator("#user-address")
    expect(place).to_contain_text("u•••@madrona.test")
    place.get_by_role("button", name="Show the e-mail address of Una of Madrona").focus()
    page.keyboard.press("Enter")
    expect(place.get_by_text("una@madrona.test")).to_be_focused()
    expect(place.get_by_role("button", name="Copy")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/customers/users/{user_id}$"))
    page.reload()
    expect(place).to_contain_text("u•••@madrona.test")


def test_an_address_is_shown_and_edited_without_javascript(plain_page, site):
    _, user_id = given(site, "Sequoia")
    site.sign_in(plain_page.context, site.person("Bea Agent", is_second_factor_on=True))
    plain_page.goto(f"/customers/users/{user_id}")
    plain_page.get_by_role("button", name="Show the e-mail address").click()
    expect(plain_page.get_by_text("una@sequoia.test")).to_be_visible()
    plain_page.get_by_role("link", name="Edit").click()
    expect(plain_page.get_by_label("E-mail")).to_have_value("una@sequoia.test")


def test_a_tenant_is_suspended_and_a_user_deactivated_without_javascript(plain_page, site):
    tenant_id, user_id = given(site, "Larkspur")
    mo = site.person("Mo Manager", Role.MANAGER, is_second_factor_on=True)
    site.sign_in(plain_page.context, mo, sudo_until=sudo_until(), sudo_method="totp")
    plain_page.goto(f"/customers/users/{user_id}")
    plain_page.get_by_role("link", name="Deactivate").click()
    plain_page.get_by_label("Reason").fill("Left the company")
    plain_page.get_by_role("button", name="Deactivate Una of Larkspur").click()
    expect(plain_page.get_by_text("Una of Larkspur is inactive.").first).to_be_visible()
    plain_page.goto(f"/customers/tenants/{tenant_id}")
    plain_page.get_by_role("link", name="Suspend").click()
    plain_page.get_by_label("Reason").fill("Unpaid since May")
    plain_page.get_by_role("button", name="Suspend Larkspur").click()
    expect(plain_page.get_by_text("This tenant is suspended.")).to_be_visible()
