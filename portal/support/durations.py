"""Stretches of business time as people write and read them: `4h`, `1d 2h`, `09:00-12:30`."""

import re

MINUTE, HOUR, DAY = 60, 3600, 86400
TEN_HOURS, TWO_DAYS = 10 * HOUR, 2 * DAY
UNITS = {"d": DAY, "h": HOUR, "m": MINUTE}
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
    """`26h 30m`, to the second; never in days, which are no stretch of open hours to a reader."""
    hours, rest = divmod(seconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = [
        f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count
    ]
    return " ".join(parts) or "0m"


def roughly(seconds: int) -> str:
    """In whole minutes, from ten hours on in whole hours: `1h 5m`, `26h`, `under 1m`."""
    if seconds < MINUTE:
        return "under 1m"
    return duration_text(seconds - seconds % (HOUR if seconds >= TEN_HOURS else MINUTE))


def roughly_on_the_wall(seconds: int) -> str:
    """Of any hours, open or not: from two days on in days."""
    return f"{seconds // DAY} days" if seconds >= TWO_DAYS else roughly(seconds)


def interval_text(pair: tuple[int, int]) -> str:
    """Two minutes of a day as people write them: `09:00-12:30`."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in pair)
