"""The properties that a filter may ask for, and what each takes as a value."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.support.words import Category, Channel, Priority, Status

LONGEST_VALUE = 120
ANY, NONE, ME, MINE, BREACHED = "any", "none", "me", "mine", "breached"
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = re.compile(r"([<>])0*([1-9][0-9]{0,3})([mhdw])")
DAY = re.compile(r"(<=|>=|<|>|)([0-9]{4}-[0-9]{2}-[0-9]{2})")
FIRST_YEAR, LAST_YEAR = 2000, 2099


class Sort(StrEnum):
    """In which order a queue may stand."""

    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"
    UPDATED = "updated"
    QUIET = "quiet"


class Unfit(Exception):
    """No value of this property. `choices` are the ones that there are, where they are few."""

    def __init__(self, choices: Iterable[str] = ()) -> None:
        super().__init__()
        self.choices = tuple(choices)


@dataclass(frozen=True, slots=True)
class Field:
    """One property. `takes` ends the sentence that begins with its name."""

    takes: str
    read: Callable[[str], str]
    example: str


def _one_of(*choices: str, known: Callable[[str], str] = str) -> tuple[str, Callable[[str], str]]:
    """`known` reads the word: it may take another for the same, and raises ValueError for none."""

    def read(text: str) -> str:
        try:
            found = str(known(text.lower().replace("-", "_")))
        except ValueError as error:
            raise Unfit(choices) from error
        if found not in choices:
            raise Unfit(choices)
        return found

    listed = ", ".join(choices[:-1])
    return f"takes {listed} or {choices[-1]}" if listed else f"takes {choices[0]}", read


def _text(text: str) -> str:
    """As it was typed: what it fits is found out by the database, whatever the case."""
    return text


def _when(text: str) -> str:
    """`<7d`, or a day such as `>=2026-01-31`."""
    duration = DURATION.fullmatch(text.lower())
    if duration:
        return "".join(duration.groups())
    day = DAY.fullmatch(text)
    if day is None or not _is_day(day[2]):
        raise Unfit
    return text


def _is_day(text: str) -> bool:
    try:
        return FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def _due(text: str) -> str:
    found = text.lower()
    duration = DURATION.fullmatch(found)
    if duration:
        return "".join(duration.groups())
    if found not in {BREACHED, NONE}:
        raise Unfit((BREACHED, NONE))
    return found


def seconds_of(value: str) -> tuple[str, timedelta] | None:
    """The sign and length of `<7d`; None when the value is no length of time."""
    found = DURATION.fullmatch(value)
    if found is None:
        return None
    return found[1], timedelta(**{UNITS[found[3]]: int(found[2])})


def day_of(value: str) -> tuple[str, date]:
    """The sign, or none, and the day of `>=2026-01-31`."""
    found = DAY.fullmatch(value)
    assert found is not None  # noqa: S101 - `_when` let nothing else in
    return found[1], date.fromisoformat(found[2])


def _seen_statuses() -> list[str]:
    return [status.value for status in Status if status is not Status.DELETED]


WHEN = "takes <7d, >12h (m, h, d, w) or a day: 2026-01-31, >2026-01-31, <=2026-01-31"
FIELDS: dict[str, Field] = {
    "status": Field(*_one_of(*_seen_statuses(), ANY), "status:open,pending"),
    "priority": Field(*_one_of(*Priority, known=Priority), "priority:high,urgent"),
    "assignee": Field("takes me, none, or how a name or address begins", _text, "assignee:none"),
    "team": Field("takes mine, none, or how a team's name begins", _text, "team:billing"),
    "tenant": Field("takes how a tenant's name begins, or its id", _text, "tenant:acme"),
    "requester": Field("takes how a name or an address begins", _text, "requester:una@acme"),
    "plan": Field("takes none, or the name of a plan", _text, "plan:enterprise"),
    "category": Field(*_one_of(*Category), "category:access"),
    "channel": Field(*_one_of(*Channel), "channel:api"),
    "tag": Field("takes a tag", _text, "tag:vip"),
    "created": Field(WHEN, _when, "created:<7d"),
    "updated": Field(WHEN, _when, "updated:>2026-01-01"),
    "due": Field("takes <2h, >1d, breached or none", _due, "due:<2h"),
    "is": Field(*_one_of("open", "unread", "snoozed", "waiting", "reopened"), "is:unread"),
    "has": Field(*_one_of("attachment", "tag"), "has:attachment"),
    "sort": Field(*_one_of(*Sort), "sort:newest"),
}
