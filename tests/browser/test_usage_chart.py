"""The curve of a tenant's usage is drawn, in the colours of the theme, from the table behind it."""

import pytest

from portal.core.database import db
from portal.staff.models import Role
from seeds.catalog import seed_catalog
from tests.browser.people import uses
from tests.cast import make_tenant

# How many colours the canvas shows: one when nothing is drawn.
COLOURS = """canvas => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return new Set(new Uint32Array(data.buffer)).size;
}"""


@pytest.fixture
def usage(page, context, site):
    """Ann at the usage of a tenant that used something."""
    with site.app.app_context():
        seed_catalog()
        elm = make_tenant("Elm")
        uses(elm)
        db.session.commit()
        address = f"/entitlements/tenants/{elm.id}/usage"
    site.sign_in(context, site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True))
    page.goto(address)
    return page


def test_the_curve_is_drawn_anew_in_another_theme_and_its_numbers_can_be_read(usage):
    canvas = usage.locator("canvas[data-chart]")
    assert canvas.evaluate(COLOURS) > 2
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    usage.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
    usage.locator("summary").focus()
    usage.keyboard.press("Enter")
    assert usage.locator("#usage-points tbody tr").last.is_visible()
