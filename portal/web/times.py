"""Instants as people read them: relative, with the exact one on hover."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import humanize
from flask import Flask, g

from portal.config import settings
from portal.core import clock


def init_times(app: Flask) -> None:
    app.add_template_filter(relative)
    app.add_template_filter(exact)
    app.add_template_filter(machine)


def relative(at: datetime) -> str:
    """`3 minutes ago`, `in 2 days`."""
    return humanize.naturaltime(at, when=clock.now())


def exact(at: datetime) -> str:
    """`23 Nov 2026, 10:15:02 CET`, in the reader's zone; in UTC where that has no such year."""
    local = to_reader(at)
    return f"{local.day} {local:%b %Y, %H:%M:%S %Z}"


def to_reader(at: datetime) -> datetime:
    """The instant on the reader's clock; on that of UTC where theirs has run out of years."""
    try:
        return at.astimezone(reader_zone())
    except OverflowError:
        return at.astimezone(UTC)


def machine(at: datetime) -> str:
    """RFC 3339 in UTC, as `datetime` attributes and the API want it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def machine_or_none(at: datetime | None) -> str | None:
    return None if at is None else machine(at)


def reader_zone() -> ZoneInfo:
    """The signed-in person's zone, else the portal's."""
    return ZoneInfo(g.get("time_zone") or settings().timezone)
