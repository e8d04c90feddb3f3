"""Who cancelled a stay or ended its trial, when and why.

A stay keeps who began it; of its end the ledger alone knows, until it is archived.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.audit.actions import Action
from portal.audit.browsing import deeds_on
from portal.core import clock
from portal.customers.models import Tenant
from portal.customers.naming import target_of_tenant
from portal.subscriptions.history import StayLine
from portal.subscriptions.models import SubscriptionStatus

WORDS = {
    Action.SUBSCRIPTION_CANCELED: "Cancelled",
    Action.SUBSCRIPTION_TRIAL_CHANGED: "Trial ended",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """One deed that ended something of a stay."""

    words: str
    at: datetime
    by: str
    reason: str | None


def endings_of(tenant: Tenant, lines: Sequence[StayLine]) -> dict[int, list[Ending]]:
    """Of each of the stays, by id, the latest first. One query, where something has ended."""
    ended = {line.id: line for line in lines if _may_have_ended(line)}
    found: dict[int, list[Ending]] = defaultdict(list)
    if not ended:
        return found
    since = min(line.starts_at for line in ended.values())
    for deed in deeds_on(target_of_tenant(tenant), list(WORDS), since=since):
        line = ended.get(deed.entity_id or 0)
        if line is not None and _is_ending(deed.action, deed.at, line):
            found[line.id].append(Ending(WORDS[deed.action], deed.at, deed.by, deed.reason))
    return found


def _may_have_ended(line: StayLine) -> bool:
    is_over = line.trial_ends_at is not None and line.trial_ends_at <= clock.now()
    return is_over or line.status == SubscriptionStatus.CANCELED


def _is_ending(action: Action, at: datetime, line: StayLine) -> bool:
    """A trial that was given or moved ended after that; one that was ended, at that instant."""
    if action is Action.SUBSCRIPTION_CANCELED:
        return True
    return line.trial_ends_at is not None and line.trial_ends_at <= at
