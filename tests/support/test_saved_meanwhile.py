"""Two people save one thing: the second is told, sees what stands now, and may replace it."""

import pytest

from portal.support.canned import create_answer
from portal.support.macros import create_macro
from tests.client import parsed
from tests.support.desk import actor
from tests.support.levels import make_calendar, make_rule

HOLIDAYS = {"Theirs": "2026-08-13", "Mine": "2026-08-14", "A third": "2026-08-17"}
WEEK = {f"day_{day}": "09:00-17:00" for day in range(5)}


def answer(mo):
    made = create_answer(by=actor(mo), name="First", body="Hello", is_shared=True)
    return f"/support/answers/{made.id}", {"body": "Good day"}


def macro(mo):
    made = create_macro(by=actor(mo), name="First", steps={"status": "solved"})
    return f"/support/macros/{made.id}", {"status": "pending"}


def level(_mo):
    hours = make_calendar()
    promised = {"resolution_s": "8h", "warn_percent": "50", "calendar_id": hours.id}
    kept = {"on_change": "keep", "on_reopen": "restart"}
    return f"/support/levels/{make_rule(hours).id}", {**promised, **kept}


def calendar(_mo):
    return f"/support/calendars/{make_calendar().id}/edit", {"zone": "Europe/Berlin", **WEEK}


@pytest.fixture(params=[answer, macro, level, calendar], ids=lambda thing: thing.__name__)
def save(request, catalog, mo, mo_client):
    """Save it under a name, as a page of that version does; `save.url` is where."""
    url, fields = request.param(mo)

    def save(name, version):
        hours = {"holidays": HOLIDAYS[name]}  # a calendar of another name alone is no new version
        return mo_client.submit(url, **fields, **hours, name=name, version=version)

    save.url = url
    return save


@pytest.fixture
def refused(save):
    """What whoever was too late is answered."""
    assert save("Theirs", "1").status_code == 303
    return save("Mine", "1")


def version_in(answer):
    return parsed(answer).select_one("[name=version]")["value"]


def test_whoever_was_too_late_keeps_what_they_typed_and_may_look(save, refused):
    page = parsed(refused)
    summary = page.select_one(".error-summary")
    assert (refused.status_code, page.select_one("[name=name]")["value"]) == (422, "Mine")
    assert "was not saved" in summary.get_text()
    assert summary.select_one("a[target=_blank]")["href"] == save.url


def test_saving_again_replaces_what_they_were_told_of(save, refused, mo_client):
    assert save("Mine", version_in(refused)).status_code == 303
    assert mo_client.soup(save.url).select_one("[name=name]")["value"] == "Mine"


def test_what_is_saved_between_looking_and_saving_is_told_of_too(save, refused):
    assert save("A third", version_in(refused)).status_code == 303
    assert save("Mine", version_in(refused)).status_code == 422
