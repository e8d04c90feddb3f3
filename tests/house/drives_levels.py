"""How each change of the support desk is driven once: levels."""

from tests.support.levels import make_calendar, make_rule

WEEK = {f"day_{day}": "09:00-17:00" for day in range(5)}
LEVEL = {
    "name": "Gold",
    "first_response_s": "1h",
    "warn_percent": "75",
    "on_change": "keep",
    "on_reopen": "continue",
}


def _new_level(s):
    return s.here.submit("/support/levels/new", calendar_id=make_calendar().id, **LEVEL)


def _edit_level(s):
    row = make_rule()
    fields = {**LEVEL, "calendar_id": row.calendar_id, "version": "1"}
    return s.here.submit(f"/support/levels/{row.id}", **fields)


def _move(s):
    calendar = make_calendar()
    row = [make_rule(calendar, name=name) for name in ("One", "Two")][1]
    return s.here.submit(f"/support/levels/{row.id}/move", direction="up")


def _enable(s):
    row = make_rule()
    s.here.submit(f"/support/levels/{row.id}/disable")
    return s.here.submit(f"/support/levels/{row.id}/enable")


def _calendar(s, place: str, **more: str):
    fields = {"name": "Weekdays", "zone": "Europe/Berlin", **WEEK, **more}
    return s.here.submit(f"/support/calendars/{place}", **fields)


DRIVES = {
    "support.create_usual": lambda s: s.here.submit("/support/levels/usual"),
    "support.new_level": _new_level,
    "support.edit_level": _edit_level,
    "support.move_level": _move,
    "support.disable_level": lambda s: s.here.submit(f"/support/levels/{make_rule().id}/disable"),
    "support.enable_level": _enable,
    "support.new_calendar": lambda s: _calendar(s, "new"),
    "support.edit_calendar": lambda s: _calendar(s, f"{make_calendar().id}/edit", version="1"),
    "support.archive_one_calendar": lambda s: s.here.submit(
        f"/support/calendars/{make_calendar().id}/archive"
    ),
}
