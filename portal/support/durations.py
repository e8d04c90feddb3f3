"""Stretches of business time as people write and read them: `4h`, `1d 2h`, `30m`."""

import re

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
WHOLE = re.compile(r"(\d{1,6}[dhm] ?)+")
PART = re.compile(r"(\d+)([dhm])")


class BadDuration(ValueError):
    """Not a stretch of time. The message says how to write one."""


def seconds_of(text: str) -> int:
    """The seconds that somebody wrote down. A day is 24 hours: open ones, where they count.

    Raises:
        BadDuration: see the class.
    """
    found = " ".join(text.casefold().split())
    parts = PART.findall(found)
    units = [unit for _, unit in parts]
    if WHOLE.fullmatch(found) is None or len(set(units)) < len(units):
        raise BadDuration("Write days, hours and minutes, as 4h, 30m or 1d 2h.")
    return sum(int(count) * UNITS[unit] for count, unit in parts)


def duration_text(seconds: int) -> str:
    """`1d 2h`, to the second: what `seconds_of` reads again, when it is whole minutes."""
    parts = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0m"


def roughly(seconds: int) -> str:
    """The two largest units at most, in minutes at least: `1d 2h`, `35m`, `under 1m`."""
    if seconds < MINUTE:
        return "under 1m"
    return " ".join(duration_text(seconds - seconds % MINUTE).split()[:2])
