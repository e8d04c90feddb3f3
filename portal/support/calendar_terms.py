"""What a business calendar says: its terms, as they are stored, and as hours to count with."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from portal.core import clock
from portal.core.database import db
from portal.core.text import one_line
from portal.staff.zones import UnknownZone, checked_zone
from portal.support.business_time import WEEKDAYS, BadCalendar, BusinessCalendar
from portal.support.level_refusals import BadHours
from portal.support.models import CalendarVersion

LONGEST_NAME = 80
MOST_DAYS = 400
YEARS_AROUND = 10
"""Public holidays are known for so many years back and ahead."""


@cache
def _library() -> Any:
    """Of public holidays. It takes 12 MiB, so a process has it once somebody asks for a country."""
    return import_module("holidays")


Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class CalendarTerms:
    """Everything about a calendar. Minutes are since midnight on the wall clock of the zone.

    `country`, with a `subdivision` where that differs, closes its public holidays; `holidays` are
    closed besides; `special_days` replace the hours of a date.
    """

    name: str
    zone: str
    weekly: Mapping[int, Pairs]
    country: str | None = None
    subdivision: str | None = None
    holidays: tuple[date, ...] = ()
    special_days: Mapping[date, Pairs] = field(default_factory=dict)


def checked_terms(terms: CalendarTerms) -> tuple[str, dict[str, Any]]:
    """The name and the content to store.

    Raises:
        BadHours: a name, zone, country or hours that cannot be; the message says what to do.
    """
    name = one_line(terms.name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadHours(f"Give it a name of at most {LONGEST_NAME} characters.", field="name")
    if len(terms.holidays) + len(terms.special_days) > MOST_DAYS:
        raise BadHours(f"List at most {MOST_DAYS} days.", field="holidays")
    content = {
        "zone": _checked_zone(terms.zone),
        "weekly": {str(day): _plain(pairs) for day, pairs in sorted(terms.weekly.items()) if pairs},
        **_checked_country(terms.country, terms.subdivision),
        "holidays": sorted(str(day) for day in set(terms.holidays)),
        "special_days": {
            str(day): _plain(pairs) for day, pairs in sorted(terms.special_days.items())
        },
    }
    try:
        hours_of(content)
    except BadCalendar as error:
        raise BadHours(str(error), field=_field_of(str(error))) from error
    return name, content


def _checked_zone(zone: str) -> str:
    try:
        found = checked_zone(zone)
    except UnknownZone as error:
        raise BadHours(error.message, field="zone") from error
    if found is None:
        raise BadHours("Choose a time zone, such as Europe/Paris.", field="zone")
    return found


def _checked_country(country: str | None, subdivision: str | None) -> dict[str, str | None]:
    if not country:
        if subdivision:
            raise BadHours("Choose the country that it belongs to.", field="country")
        return {"country": None, "subdivision": None}
    code = country.upper()
    offered = _library().list_supported_countries().get(code)
    if offered is None:
        raise BadHours("Choose a country from the list.", field="country")
    wanted = (subdivision or "").casefold()
    found = next((each for each in offered if each.casefold() == wanted), None)
    if wanted and found is None:
        listed = ", ".join(offered) or "none: leave it empty"
        raise BadHours(f"Use one of these parts of {code}: {listed}.", field="subdivision")
    return {"country": code, "subdivision": found}


def _plain(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    return [list(pair) for pair in sorted(pairs)]


def _field_of(message: str) -> str:
    """The field that a refusal of the hours is about, by how its message begins."""
    weekday = next((day for day, name in enumerate(WEEKDAYS) if message.startswith(name)), None)
    if weekday is not None:
        return f"day_{weekday}"
    if "28 days on end" in message:
        return "holidays"
    return "day_0" if message.startswith("Open at least") else "special_days"


def calendar_of(calendar_id: int, version: int) -> BusinessCalendar:
    """The hours of one version. Each process works out a content once."""
    return hours_of(db.session.get_one(CalendarVersion, (calendar_id, version)).content)


def hours_of(content: Mapping[str, Any]) -> BusinessCalendar:
    """By what it says, not by its id: an id may have been rolled back and given again.

    Raises:
        BadCalendar: it was not checked.
    """
    return _hours(json.dumps(content, sort_keys=True), clock.now().year)


@lru_cache(maxsize=128)
def hours_written(text: str, year: int) -> BusinessCalendar:
    """The same of a content as the database writes it, which every caller need not read."""
    return _hours(json.dumps(json.loads(text), sort_keys=True), year)


@lru_cache(maxsize=128)
def _hours(text: str, year: int) -> BusinessCalendar:
    content = json.loads(text)
    closed = [date.fromisoformat(day) for day in content["holidays"]]
    years = range(year - YEARS_AROUND, year + YEARS_AROUND + 1)
    return BusinessCalendar(
        content["zone"],
        {int(day): [tuple(pair) for pair in pairs] for day, pairs in content["weekly"].items()},
        [*closed, *public_holidays(content["country"], content["subdivision"], years)],
        {
            date.fromisoformat(day): [tuple(pair) for pair in pairs]
            for day, pairs in content["special_days"].items()
        },
    )


def public_holidays(
    country: str | None, subdivision: str | None, years: Iterable[int]
) -> dict[date, str]:
    """Date and name of each, in order; none without a country."""
    if country is None:
        return {}
    found = _library().country_holidays(country, subdiv=subdivision, years=list(years))
    return dict(sorted(found.items()))


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Code and English name of each country whose public holidays are known, by name."""
    offered = _library().list_supported_countries()
    known = _library().registry.COUNTRIES.values()
    named = {code: _spaced(name) for name, code, *_ in known if code in offered}
    return tuple(sorted(named.items(), key=lambda one: one[1]))


def _spaced(name: str) -> str:
    """`UnitedStates` as two words."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
