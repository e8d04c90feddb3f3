"""Instants from forms, and as people read them."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import g
from pydantic import BaseModel, ValidationError

from portal.core import clock
from portal.web.forms import PortalForm
from portal.web.moments import Moment, MomentField, MomentOrDay
from portal.web.openapi import StrictBody, faults_of
from portal.web.times import exact, relative


class Asking(PortalForm):
    at = MomentField()


class Body(StrictBody):
    at: Moment | None = None


class Query(BaseModel):
    since: MomentOrDay | None = None


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


@pytest.mark.parametrize("text", ["2026-06-01T09:00:00Z", "2026-06-01T11:00:00+02:00"])
def test_a_program_spells_an_instant_out(text):
    found = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert Body.model_validate_json(json.dumps({"at": text})).at == found
    assert Query.model_validate({"since": text}).since == found
    assert Query.model_validate({"since": "2026-06-01"}).since == date(2026, 6, 1)


@pytest.mark.parametrize("since_1970", ["1830000000", "1830038400", "1830000000000"])
def test_digits_alone_are_no_instant_and_no_day(since_1970):
    for value in (since_1970, int(since_1970)):
        with pytest.raises(ValidationError, match="as in 2026-06-01T09:00:00Z"):
            Body.model_validate_json(json.dumps({"at": value}))
    with pytest.raises(ValidationError, match="as in 2026-06-01T09:00:00Z"):
        Query.model_validate({"since": since_1970})


@pytest.mark.parametrize("text", ["", "now", "2026-02-30", "2026-06-01T09:00:00", "2101-01-01"])
def test_a_fault_of_an_instant_names_the_field_alone(text):
    with pytest.raises(ValidationError) as refused:
        Query.model_validate({"since": text})
    assert [fault["field"] for fault in faults_of(refused.value)] == ["since"]


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


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=50), "50 seconds"),
        (timedelta(minutes=59, seconds=40), "an hour"),
        (timedelta(hours=23, minutes=20), "23 hours"),
        (timedelta(hours=23, minutes=50), "a day"),
        (timedelta(hours=47, minutes=59), "2 days"),
        (timedelta(days=19), "19 days"),
        (timedelta(days=45, hours=20), "46 days"),
        (timedelta(days=59), "59 days"),
        (timedelta(days=61), "2 months"),
        (timedelta(days=300), "10 months"),
        (timedelta(days=365), "a year"),
        (timedelta(days=380), "a year"),
        (timedelta(days=396), "13 months"),
        (timedelta(days=500), "16 months"),
        (timedelta(days=699), "23 months"),
        (timedelta(days=729), "2 years"),
        (timedelta(days=730), "2 years"),
        (timedelta(days=800), "2 years"),
    ],
)
def test_a_distance_is_told_as_near_as_its_size_deserves(distance, words):
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with clock.standing_at(now):
        assert relative(now - distance) == f"{words} ago"
        assert relative(now + distance) == f"{words} from now"


def test_this_moment_is_now():
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with clock.standing_at(now):
        assert relative(now) == "now"
