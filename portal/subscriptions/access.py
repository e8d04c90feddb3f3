"""From when until when a stay on a plan gives access. Pure.

A trial gives it until the trial ends, a late payment until the grace ends, a cancelled stay until
it ends; after that the fallback plan counts.
"""

from datetime import datetime

from portal.subscriptions.models import SubscriptionStatus


def access_span(
    status: str,
    starts_at: datetime,
    ends_at: datetime | None,
    trial_ends_at: datetime | None,
    grace_ends_at: datetime | None,
) -> tuple[datetime, datetime | None]:
    """The half-open span [start, end); an end of None means without end.

    A stay that gives nothing (late without any grace, cancelled without an end) has an empty one.
    """
    ends = [end for end in (ends_at, trial_ends_at) if end is not None]
    if status == SubscriptionStatus.PAST_DUE:
        ends.append(grace_ends_at or starts_at)
    if status == SubscriptionStatus.CANCELED and ends_at is None:
        ends.append(starts_at)
    return starts_at, max(min(ends), starts_at) if ends else None
