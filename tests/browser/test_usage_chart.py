"""The curve of a tenant's usage is drawn, in the colours of the theme, from the table behind it."""

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from seeds.catalog import seed_catalog
from tests.browser.people import uses
from tests.cast import make_tenant

# Whether the canvas shows more than the one colour of nothing and one of something.
IS_DRAWN = """canvas => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    return new Set(new Uint32Array(data.buffer)).size > 2;
}"""
IS_ANOTHER = "([canvas, before]) => canvas.toDataURL() !== before"


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
    canvas = usage.locator("canvas[data-chart]").element_handle()
    usage.wait_for_function(IS_DRAWN, arg=canvas)
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    usage.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    usage.wait_for_function(IS_ANOTHER, arg=[canvas, before])
    usage.wait_for_function(IS_DRAWN, arg=canvas)
    usage.locator("summary").focus()
    usage.keyboard.press("Enter")
    expect(usage.locator("#usage-points tbody tr").last).to_be_visible()
