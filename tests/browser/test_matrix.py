"""A cell of the matrix is changed by the keyboard alone, on a phone too, and its effect is seen."""

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from seeds.catalog import seed_catalog
from tests.browser import hands
from tests.cast import make_tenant, make_user


@pytest.fixture
def matrix(page, context, site):
    """Ann at the matrix; a tenant that has no plan has a user."""
    with site.app.app_context():
        seed_catalog()
        make_user(make_tenant("Dogwood"))
        db.session.commit()
    site.sign_in(context, site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True))
    page.goto("/catalog/matrix")
    return page


def test_a_cell_is_changed_and_changed_back_by_keyboard(matrix):
    for width, choice, effect in ((360, "Excluded", "lose"), (1280, "Included", "gain")):
        matrix.set_viewport_size({"width": width, "height": 740})
        cell = matrix.get_by_role("link", name="change Basic Support on Free")
        cell.focus()
        matrix.keyboard.press("Enter")
        hands.arrive(matrix, "Basic Support on Free")
        choose(matrix, choice)
        matrix.keyboard.press("Enter")
        expect(matrix.locator("#effect")).to_be_focused()
        expect(matrix.locator("#effect")).to_contain_text(f"{effect} Basic Support")
        matrix.get_by_role("button", name="Save").focus()
        matrix.keyboard.press("Enter")
        expect(matrix).to_have_url("/catalog/matrix#cell-free-basic_support")
        expect(cell).to_contain_text(choice)


def choose(page, label):
    """From where the focus is, to this choice and no further."""
    choice = page.get_by_label(label, exact=True)
    while not choice.evaluate("one => one === document.activeElement"):
        is_there = page.evaluate("document.activeElement.name") == "said"
        page.keyboard.press("ArrowDown" if is_there else "Tab")
