"""Asking for the clocks of open tickets to follow what service levels and calendars say now."""

from typing import Any

from portal.core.actor import Actor
from portal.jobs.queue import enqueue

KIND = "support.align_clocks"


def align_later(
    by: Actor,
    target: tuple[str, int, str],
    *,
    rule_id: int | None = None,
    calendar_id: int | None = None,
    done: int = 0,
) -> None:
    """Bring open tickets in line in batches, and leave one event about `target` when that is done.

    Only tickets with a clock that runs by the rule or by the calendar are looked at; all open ones
    when neither is given. `done` clocks were rewritten already.
    """
    payload: dict[str, Any] = {
        "by": [by.type.value, by.id, by.label, by.role],
        "target": list(target),
        "rule_id": rule_id,
        "calendar_id": calendar_id,
        "after": 0,
        "count": done,
    }
    enqueue(KIND, payload)
