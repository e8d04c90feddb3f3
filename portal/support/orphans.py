"""Forgetting the bytes of files that no message holds any more."""

from datetime import timedelta
from typing import Any

from portal.jobs.registry import handles, recurring
from portal.support.attachments import remove_orphans

SWEEP = "support.remove_orphans"

recurring(SWEEP, every=timedelta(hours=1))


@handles(SWEEP)
def sweep(_payload: dict[str, Any]) -> None:
    """A hundred at most at a time, since each may be ten megabytes; the next hour goes on."""
    remove_orphans()
