"""Opening hours and dates as people write them into a form, and read them again."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from portal.support.business_time import WHOLE_DAY
from portal.support.durations import interval_text

Pairs = tuple[tuple[int, int], ...]
CLOSED = "closed"
PAIR = re.compile(r"(\d{1,2})(?::(\d{2}))? ?[-\u2013] ?(\d{1,2})(?::(\d{2}))?")


class BadText(ValueError):
    """Not what the field takes. The message says how to write it."""


def pairs_of(text: str) -> Pairs:
    """`09:00-12:00, 13:00-17:00` in minutes since midnight; nothing, or `closed`, is no hours.

    Raises:
        BadText: see the class.
    """
    found = text.strip().casefold()
    if found in {"", CLOSED}:
        return ()
    return tuple(sorted(_pair(part) for part in re.split(r"[,;]", found) if part.strip()))


def _pair(text: str) -> tuple[int, int]:
    read = PAIR.fullmatch(text.strip())
    if read is None:
        raise BadText(f"“{text.strip()}” is not an interval. Write hours as 09:00-12:30.")
    start, end = (int(read[n]) * 60 + int(read[n + 1] or 0) for n in (1, 3))
    is_time = all(int(read[n] or 0) < 60 for n in (2, 4)) and end <= WHOLE_DAY
    if not is_time or start >= end:
        raise BadText(
            f"“{text.strip()}” does not lie within one day. Split a night shift at midnight: "
            "22:00-24:00, and 00:00-06:00 on the next day."
        )
    return start, end


def pairs_text(pairs: Iterable[tuple[int, int]]) -> str:
    return ", ".join(map(interval_text, pairs))


def dates_of(text: str) -> tuple[date, ...]:
    """A date a line, as 2026-12-24; what follows the date is left out.

    Raises:
        BadText: see the class.
    """
    return tuple(_date(line.split()[0].rstrip(",:")) for line in _lines(text))


def special_days_of(text: str) -> dict[date, Pairs]:
    """A date and its hours a line, as `2026-12-24 09:00-13:00`, or `2026-12-31 closed`.

    Raises:
        BadText: see the class.
    """
    found: dict[date, Pairs] = {}
    for line in _lines(text):
        first, _, rest = line.partition(" ")
        day = _date(first.rstrip(",:"))
        if day in found:
            raise BadText(f"{day} stands there twice. Join its hours in one line.")
        if not rest.strip():
            raise BadText(f"Say after {day} which hours it has, or that it is closed.")
        found[day] = pairs_of(rest)
    return found


def dates_text(days: Iterable[str]) -> str:
    return "\n".join(days)


def special_days_text(days: Mapping[str, Iterable[tuple[int, int]]]) -> str:
    return "\n".join(f"{day} {pairs_text(pairs) or CLOSED}" for day, pairs in days.items())


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadText(f"“{text}” is not a date. Write one a line, as 2026-12-24.") from None
