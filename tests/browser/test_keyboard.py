"""Everything by the keyboard: shortcuts, the palette, the skip link, and where the focus goes."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from tests.browser import hands
from tests.cast import make_tenant, make_user, sudo_until


@pytest.fixture
def home(page, context, site):
    """Ann at her desk, on the first page."""
    site.sign_in(context, site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True))
    page.goto("/")
    return page


def test_the_question_mark_lists_the_keys_and_escape_closes_the_list(home):
    home.keyboard.press("?")
    dialog = home.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Go to People")
    home.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_g_and_a_letter_go_where_the_list_says(home):
    keys = {
        a.inner_text().strip(): a.get_attribute("data-key")
        for a in home.locator("#sidebar [data-key]").all()
    }
    assert len(set(keys.values())) == len(keys)
    home.keyboard.press("g")
    home.keyboard.press(keys["People"])
    expect(home.locator("h1")).to_have_text("People")


def test_a_slash_searches_the_list_of_the_page(home):
    home.goto("/staff")
    home.keyboard.press("/")
    expect(home.locator("[data-search]")).to_be_focused()
    home.keyboard.type("g p ?")
    expect(home.locator("[data-search]")).to_have_value("g p ?")
    expect(home).to_have_url(re.compile(r"/staff\?(.*&)?q=g(%20|\+)p(%20|\+)%3F(&|$)"))


def test_control_k_jumps_to_a_page_by_its_name(home):
    home.keyboard.press("Control+k")
    dialog = home.get_by_role("dialog", name="Search or jump to")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    home.keyboard.type("audit")
    expect(dialog.get_by_role("option").first).to_have_text("Audit log")
    home.keyboard.press("Enter")
    expect(home.locator("h1")).to_have_text("Audit log")


def offered(page) -> list[str]:
    """The addresses in the palette."""
    page.keyboard.press("Control+k")
    options = page.get_by_role("dialog", name="Search or jump to").get_by_role("option")
    expect(options.first).to_be_visible()
    return options.evaluate_all("all => all.map(one => one.dataset.url)")


def test_control_k_lists_each_page_once(home):
    found = offered(home)
    assert sorted(found) == sorted(set(found))


def test_control_k_leads_to_no_answer_of_a_form(page, context, site):
    ann = site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)
    site.sign_in(context, ann, sudo_until=sudo_until(), sudo_method="totp")
    with site.app.app_context():
        user = f"/customers/users/{make_user(make_tenant('Acme')).id}"
        db.session.commit()
    page.goto(f"{user}/privacy")
    page.get_by_role("button", name="Erase user").click()
    expect(page).to_have_url(re.compile(f"{user}/erase$"))
    expect(page.locator(".error-summary")).to_be_focused()
    page.goto("/staff")
    found = offered(page)
    assert f"{user}/privacy" in found
    assert f"{user}/erase" not in found


def test_what_no_page_is_called_is_looked_for_where_one_may(home):
    home.keyboard.press("Control+k")
    home.keyboard.type("50 % & more")
    options = home.get_by_role("dialog", name="Search or jump to").get_by_role("option")
    wanted = [f"Find “50 % & more” in {where}" for where in ("Tickets", "Customers", "Coupons")]
    expect(options).to_have_text([*wanted, "Find “50 % & more” in Audit log"])
    home.keyboard.press("ArrowDown")
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile(r"/customers\?q=50%20%25%20%26%20more$"))
    expect(home.locator("main [name=q]")).to_have_value("50 % & more")


def test_enter_on_a_link_of_the_menu_goes_there(home):
    home.locator("#sidebar").get_by_role("link", name="Tickets", exact=True).focus()
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile("/support/queue"))


def test_the_first_tab_stop_skips_the_navigation(home):
    home.keyboard.press("Tab")
    expect(home.get_by_role("link", name="Skip to content")).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.locator("#content")).to_be_focused()


def test_an_invalid_form_puts_the_focus_on_what_to_correct(page, site):
    page.goto("/sign-in")
    hands.send(page, email="nobody@boxcostpro.test", password="")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Password", exact=True).click()
    expect(page.locator("#password")).to_be_focused()


def test_after_signing_out_the_back_button_shows_nothing_private(home):
    home.goto("/staff")
    hands.sign_out(home)
    home.go_back()
    expect(home).to_have_title("Sign in · BoxCostPro")
    assert home.evaluate("localStorage.length + sessionStorage.length") == 0
