"""What a grant says, and which terms are refused before anything is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from portal.catalog.snapshot import Interval
from portal.core.actor import Actor, ActorType
from portal.core.clock import second_of
from portal.core.errors import Denied, DomainError
from portal.core.permissions import Permission
from portal.entitlements.facts import Effect
from portal.web.texts import LONGEST_REASON

LARGEST_LIMIT = 2**53
OF_A_LIMIT = f"Use a whole number from 0 to {LARGEST_LIMIT:,}."
BRIEFLY = timedelta(days=14)
STARTS_NOW = timedelta(minutes=1)
"""A start that passed while the request was on its way, or that a form rounded to the minute."""
NOT_GIVEN = "not given"


class BadTerms(DomainError):
    """A term is out of range, or two of them contradict each other."""

    title = "The grant cannot be given like this"


class Given(TypedDict, total=False):
    """The keyword arguments of a grant, beside whose and which feature. See `Terms`."""

    effect: Effect
    quota_limit: int | None
    is_unlimited: bool
    interval: Interval | str | None
    is_soft: bool
    overage_cap: int | None
    starts_at: datetime | None
    expires_at: datetime | None
    reason: str | None
    cause_type: str | None
    cause_id: str | None
    batch_id: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant says. Without `quota_limit` and `is_unlimited`, the limit below still counts.

    `interval` None: as the feature says. `starts_at` None: at once. `expires_at` None: no end.
    """

    effect: Effect = Effect.ENABLE
    quota_limit: int | None = None
    is_unlimited: bool = False
    interval: Interval | str | None = None
    is_soft: bool = False
    overage_cap: int | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None
    cause_type: str | None = None
    cause_id: str | None = None
    batch_id: str | None = None

    def start(self, now: datetime) -> datetime:
        """When it begins, asked at `now`; ahead on a whole second (`clock`)."""
        return max(second_of(self.starts_at), now) if self.starts_at else now

    @property
    def end(self) -> datetime | None:
        """When it ends, on a whole second."""
        return second_of(self.expires_at) if self.expires_at else None

    def is_scheduled(self, now: datetime) -> bool:
        return self.start(now) > now


def check_terms(terms: Terms, now: datetime) -> None:
    """Refuse what no grant may say.

    Raises:
        BadTerms: the message and the field say what to mend.
    """
    _check_limit(terms)
    _check_times(terms, now)
    if terms.reason is not None and len(terms.reason) > LONGEST_REASON:
        raise BadTerms(f"Keep the reason to {LONGEST_REASON} characters.", field="reason")


def _check_limit(terms: Terms) -> None:
    limits = {"quota_limit": terms.quota_limit, "overage_cap": terms.overage_cap}
    for field, value in limits.items():
        if value is not None and not 0 <= value <= LARGEST_LIMIT:
            raise BadTerms(OF_A_LIMIT, field=field)
    if terms.interval is not None and terms.interval not in list(Interval):
        raise BadTerms(f"Choose one of {', '.join(Interval)}.", field="interval")
    if terms.quota_limit is None:
        _check_no_limit_details(terms)
    elif terms.is_unlimited:
        raise BadTerms("Give a limit or unlimited use, not both.", field="quota_limit")
    if terms.effect is not Effect.ENABLE and (terms.quota_limit is not None or terms.is_unlimited):
        raise BadTerms("What is blocked has no limit: leave it out.", field="quota_limit")
    if terms.overage_cap is not None and not terms.is_soft:
        raise BadTerms("Only a soft limit can be passed by so much.", field="overage_cap")


def _check_no_limit_details(terms: Terms) -> None:
    details = {
        "interval": terms.interval,
        "is_soft": terms.is_soft or None,
        "overage_cap": terms.overage_cap,
    }
    for field, value in details.items():
        if value is not None:
            raise BadTerms("This belongs to a limit: give quota_limit with it.", field=field)


def _check_times(terms: Terms, now: datetime) -> None:
    for field, at in (("starts_at", terms.starts_at), ("expires_at", terms.expires_at)):
        if at is not None and at.tzinfo is None:
            raise BadTerms("Say the time zone, as in 2026-06-01T00:00:00Z.", field=field)
    if terms.starts_at is not None and terms.starts_at < now - STARTS_NOW:
        raise BadTerms("The start has passed: leave it out to begin now.", field="starts_at")
    if terms.end is not None and terms.end <= terms.start(now):
        raise BadTerms("The end must lie ahead, and after the start.", field="expires_at")


def may_only_grant_briefly(by: Actor) -> bool:
    """A support agent: for one user, for days, and lifting nothing that others blocked."""
    return by.type is not ActorType.SYSTEM and not by.may(Permission.ENTITLEMENTS_GRANT)


def shield_of(by: Actor, row: Any, now: datetime) -> str | None:
    """Why a support agent leaves this override alone; None when this person may end it.

    What others decided on purpose stays: a block, a limit, and what lasts longer than an agent
    could give back.
    """
    if not may_only_grant_briefly(by):
        return None
    if row.effect != Effect.ENABLE:
        return "This is blocked on purpose. Ask a manager to lift it."
    if row.expires_at is None or row.expires_at > now + BRIEFLY:
        return f"What is granted now lasts longer than {BRIEFLY.days} days. Ask a manager."
    has_limit = row.quota_limit is not None or row.is_unlimited
    if has_limit and (row.created_by is None or row.created_by != by.id):
        return "Somebody else set the limit of what is granted now. Ask them, or a manager."
    return None


def check_may_grant(by: Actor, *, scope: str, terms: Terms, now: datetime) -> None:
    """Refuse what this person may not give.

    Raises:
        Denied: the message says who could.
    """
    if by.type is ActorType.SYSTEM:
        return
    check_may_touch(by, scope=scope)
    if terms.effect is Effect.HARD_DENY and not by.may(Permission.ENTITLEMENTS_DENY):
        raise Denied("Only whoever may deny can do this: it overrides every grant.", field="effect")
    if scope == "user" and may_only_grant_briefly(by):
        _check_brief(terms, now)


def check_may_touch(by: Actor, *, scope: str) -> None:
    """Refuse somebody who changes no overrides of this kind at all."""
    if by.type is ActorType.SYSTEM:
        return
    of_users = (Permission.ENTITLEMENTS_GRANT, Permission.ENTITLEMENTS_GRANT_BRIEFLY)
    wanted = of_users if scope == "user" else (Permission.ENTITLEMENTS_GRANT_TENANT,)
    if not any(by.may(permission) for permission in wanted):
        raise Denied(f"You may not change what a {scope} is granted.")


def _check_brief(terms: Terms, now: datetime) -> None:
    if terms.effect is not Effect.ENABLE:
        raise Denied("You may grant, not block. Ask a manager.", field="effect")
    if terms.end is None or terms.end > now + BRIEFLY:
        raise Denied(
            f"Choose an end within {BRIEFLY.days} days, or ask a manager.", field="expires_at"
        )


def as_plain(row: Any) -> dict[str, Any]:
    """The terms of a grant for the ledger and the API: only what says something."""
    found = {
        "effect": row.effect,
        "quota_limit": row.quota_limit,
        "unlimited": row.is_unlimited,
        "interval": row.interval,
        "starts_at": row.starts_at,
        "expires_at": row.expires_at,
    }
    if row.is_soft:
        found |= {"soft": True, "overage_cap": row.overage_cap}
    return found
