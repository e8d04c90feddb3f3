"""The first page by the keyboard alone, and its charts with the table behind each."""

import re

import pytest
from playwright.sync_api import expect

from portal.core.roles import Role
from tests.browser.scene import Who


@pytest.fixture
def home(page, context, site):
    """Ann, who is an admin, on the first page."""
    site.sign_in(context, site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True))
    page.goto("/")
    return page


def test_each_number_is_reached_by_tab_and_opened_by_enter(home):
    home.locator("#content").focus()
    tile = home.get_by_role("link", name="Without a second factor")
    for _ in range(20):
        home.keyboard.press("Tab")
        if tile.evaluate("one => one === document.activeElement"):
            break
    expect(tile).to_be_focused()
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile("state=without_second_factor"))


def test_a_chart_is_named_and_has_its_table(page, context, site, cast):
    cast.sign_in(context, Who.MEG)
    page.goto("/")
    expect(page.get_by_role("img", name="Tenants by plan")).to_be_visible()
    table = page.get_by_role("table", name="Tenants by plan")
    expect(table.get_by_role("link", name="tenants on Professional")).to_be_visible()
    assert page.evaluate("window.Chart.getChart(document.querySelector('canvas')).data.labels")
