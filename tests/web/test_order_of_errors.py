"""What is wrong with a form is listed in the order in which its page shows the fields."""

import pytest
from flask import template_rendered

from portal.web.forms import PortalForm
from tests.addresses import pages_of_staff
from tests.client import parsed


@pytest.fixture
def drawn(app):
    """The forms that a page was made with, from its first request on."""
    found = []

    def note(_sender, context, **_):
        found.extend(one for one in context.values() if isinstance(one, PortalForm))

    with template_rendered.connected_to(note, app):
        yield found


def shown(form, page):
    """The fields of the form that stand in the page, in the order of either."""
    places = [one["id"] for one in page.select("[id]:not([type=hidden])")]
    own = [one.id for one in form if one.id in places]
    return own, sorted(own, key=places.index)


def test_every_form_lists_its_fields_as_its_page_does(app, ann_proven, catalog, drawn):
    kinds = set()
    for path in pages_of_staff(app):
        drawn.clear()
        page = parsed(ann_proven.get(path))
        for form in drawn:
            listed, there = shown(form, page)
            assert listed == there, path
            kinds.add(type(form).__name__)
    assert kinds >= {"CouponForm", "BatchForm", "BulkForm", "MacroForm", "LevelForm"}
