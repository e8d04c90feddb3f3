"""Business calendars: their pages, what they take, and how they refuse."""

from datetime import UTC, date, datetime

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.support.calendars import (
    archive_calendar,
    calendar_of,
    calendar_or_404,
    calendars_on_offer,
    version_of,
)
from portal.support.level_list import closed_days_ahead
from portal.support.level_refusals import Archived, InUse
from portal.support.rules import create_rule
from tests.ledger import events
from tests.support.levels import make_calendar, make_rule, promise

WEEK = {f"day_{day}": "09:00-12:00, 13:00-17:00" for day in range(5)}
THURSDAY = (datetime(2026, 1, 8, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC))
GIVEN = {"name": "Munich", "zone": "Europe/Berlin", **WEEK}


def save(client, place="new", **more):
    return client.submit(f"/support/calendars/{place}", **{**GIVEN, **more})


def stored(number: int = 0):
    row = calendars_on_offer()[number]
    return version_of(row).content


def test_hours_are_written_as_people_do(mo_client):
    more = {"country": "DE", "subdivision": "by", "holidays": "2026-08-13 summer party\n"}
    special = "2026-12-24 9-13\n2026-08-15 10:00-12:00\n2026-12-31 closed"
    assert save(mo_client, special_days=special, **more).status_code == 303
    content = stored()
    assert content["weekly"]["0"] == [[540, 720], [780, 1020]]
    assert (content["country"], content["subdivision"]) == ("DE", "BY")
    assert content["holidays"] == ["2026-08-13"]
    assert content["special_days"]["2026-12-24"] == [[540, 780]]
    assert content["special_days"]["2026-12-31"] == []
    assert len(events("calendar.saved")) == 1


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 1, 5), True),
        (date(2026, 1, 6), False),  # Epiphany, in Bavaria alone
        (date(2026, 12, 25), False),
        (date(2027, 1, 6), False),
        (date(2026, 5, 1), True),  # written by hand, which goes before the holiday
    ],
)
def test_public_holidays_of_the_part_are_closed_every_year(app, day, is_open):
    row = make_calendar(
        country="DE", subdivision="BY", special_days={date(2026, 5, 1): ((540, 600),)}
    )
    noon = datetime(day.year, day.month, day.day, 8, 30, tzinfo=UTC)
    if day.month == 5:
        noon = noon.replace(hour=7)
    assert calendar_of(row.id, 1).is_open(noon) is is_open


def test_closed_days_are_told_for_a_whole_year_ahead(mo_client):
    days = ["2026-12-30", "2026-12-31", "2027-12-30", "2027-12-31"]
    save(mo_client, holidays="\n".join(days))
    with clock.standing_at(datetime(2026, 12, 31, 12, tzinfo=UTC)):
        told = closed_days_ahead(stored())
    assert [day.isoformat() for day, _ in told] == ["2026-12-31", "2027-12-30"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Enter a name"),
        ("zone", "Mars/Base", "Not a valid choice"),
        ("day_0", "nine to five", "is not an interval"),
        ("day_0", "22:00-06:00", "Split a night shift at midnight"),
        ("day_0", "09:00-25:00", "within one day"),
        ("day_1", "09:00-12:00, 11:00-14:00", "Join them"),
        ("holidays", "24.12.2026", "is not a date"),
        ("special_days", "2026-12-24", "which hours it has"),
        ("special_days", "2026-12-24 9-10\n2026-12-24 11-12", "twice"),
        ("country", "XX", "Not a valid choice"),
        ("subdivision", "BY", "Choose the country"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_kept(mo_client, field, value, words):
    answer = save(mo_client, **{field: value})
    page = answer.text
    assert (answer.status_code, words in page) == (422, True)
    assert field in {"name", "zone", "country"} or value.split("\n")[0] in page
    assert calendars_on_offer() == []


def test_a_part_of_another_country_is_refused_with_those_there_are(mo_client):
    answer = save(mo_client, country="DE", subdivision="QQ")
    assert (answer.status_code, "BY, HB, HE" in answer.text) == (422, True)


def test_a_calendar_that_is_never_open_is_refused(mo_client):
    closed = {f"day_{day}": "" for day in range(7)}
    answer = save(mo_client, **closed)
    assert (answer.status_code, "Open at least one weekday" in answer.text) == (422, True)


def test_a_name_is_given_once(mo_client):
    assert [save(mo_client, name=name).status_code for name in ("Munich", " munich ")] == [303, 422]


def test_an_edit_makes_a_version_and_an_old_page_is_refused(mo_client):
    row = make_calendar()
    url = f"{row.id}/edit"
    assert save(mo_client, url, version="1").status_code == 303
    assert (calendar_or_404(row.id).version, stored()["weekly"]["0"]) == (
        2,
        [[540, 720], [780, 1020]],
    )
    assert calendar_of(row.id, 1).elapsed(*THURSDAY) == 8 * 3600
    assert calendar_of(row.id, 2).elapsed(*THURSDAY) == 7 * 3600
    answer = save(mo_client, url, version="1", day_0="10:00-11:00")
    assert (answer.status_code, "was changed meanwhile" in answer.text) == (422, True)
    assert "10:00-11:00" in answer.text


def test_the_same_again_is_no_new_version(mo_client):
    row = make_calendar()
    same = {f"day_{day}": "09:00-17:00" for day in range(5)}
    save(mo_client, f"{row.id}/edit", version="1", **{**same, "name": "Office"})
    assert calendar_or_404(row.id).version == 1


def test_a_calendar_says_what_counts_by_it_and_offers_to_be_archived_else(mo_client):
    used, free = make_rule().calendar_id, make_calendar(name="Spare").id
    pages = [mo_client.soup(f"/support/calendars/{one}") for one in (used, free)]
    assert [bool(page.select("form[action$=archive]")) for page in pages] == [False, True]
    assert ["Standard" in page.select_one("main").text for page in pages] == [True, False]


def test_a_calendar_in_use_is_not_archived(mo_client, app):
    rule = make_rule()
    url = f"/support/calendars/{rule.calendar_id}/archive"
    answer = mo_client.submit(url)
    assert (answer.status_code, "Standard" in answer.text) == (409, True)
    with pytest.raises(InUse):
        archive_calendar(by=SYSTEM, calendar=calendar_or_404(rule.calendar_id))


def test_an_archived_calendar_is_neither_changed_nor_used(mo_client):
    row = make_calendar()
    assert mo_client.submit(f"/support/calendars/{row.id}/archive").status_code == 303
    assert calendars_on_offer() == []
    assert save(mo_client, f"{row.id}/edit", version="1").status_code == 422
    with pytest.raises(Archived):
        create_rule(by=SYSTEM, terms=promise(row))


def test_an_agent_reads_and_changes_nothing(bea_client):
    row = make_calendar(country="DE")
    page = bea_client.get(f"/support/calendars/{row.id}").text
    assert "09:00-17:00" in page
    assert "Christmas Day" in page
    assert "Archive" not in page
    for place in ("new", f"{row.id}/edit", f"{row.id}/archive"):
        assert save(bea_client, place).status_code == 403
