"""Instants from forms, and as people read them."""

from datetime import UTC, datetime

import pytest
from flask import g

from portal.web.forms import PortalForm
from portal.web.moments import MomentField
from portal.web.times import exact


class Asking(PortalForm):
    at = MomentField()


def given(app, text, zone="Europe/Berlin"):
    with app.test_request_context("/", method="POST", data={"at": text}):
        g.time_zone = zone
        form = Asking()
        form.at.validate(form)
        return form.at.data, form.at.errors


def test_a_local_time_is_kept_in_utc(app):
    data, errors = given(app, "2026-06-01T09:00")
    assert (data, list(errors)) == (datetime(2026, 6, 1, 7, tzinfo=UTC), [])


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59Z", "9999-12-31T23:59", "0001-01-01T00:00", "2100-01-01T00:01Z"]
)
def test_years_that_no_sum_may_reach_are_refused(app, text):
    data, errors = given(app, text)
    assert data is None
    assert errors


@pytest.mark.parametrize(
    ("at", "zone"),
    [
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Europe/Berlin"),
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York"),
    ],
)
def test_an_instant_beyond_the_readers_clock_is_shown_in_utc(app, at, zone):
    with app.test_request_context("/"):
        g.time_zone = zone
        assert exact(at).endswith("UTC")
