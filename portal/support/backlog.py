"""What no deed did at once: every minute, tickets without an agent look for one again."""

from datetime import timedelta
from typing import Any

from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.support.draining import AT_ONCE, drain
from portal.support.handing_back import hand_back_of_the_gone

KIND = "support.drain_backlog"

recurring(KIND, every=timedelta(minutes=1))


@handles(KIND)
def work_off(_payload: dict[str, Any]) -> None:
    """A hundred tickets of all teams, and the next job when there may be more."""
    hand_back_of_the_gone()
    if drain() >= AT_ONCE:
        enqueue(KIND, {})
