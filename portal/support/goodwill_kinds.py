"""Doing what a gesture says, and undoing it as far as that is possible, kind by kind.

Whoever makes something good need not be able to adjust quotas or make coupons elsewhere: here the
budget bounds what they give.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.catalog.revisions import catalog_now
from portal.catalog.snapshot import Feature
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.money import WHOLE
from portal.core.periods import nth_boundary
from portal.core.permissions import Permission
from portal.coupons.coupons import coupon_or_404, create_coupon, disable_coupon
from portal.coupons.models import CouponStatus
from portal.coupons.terms import Terms
from portal.customers.models import Tenant
from portal.entitlements.counters import SEATS
from portal.entitlements.grants import grant_user_feature
from portal.entitlements.models import UserEntitlement
from portal.entitlements.revoking import revoke_grant
from portal.entitlements.topups import top_up
from portal.subscriptions.assignments import NoTrial, end_trial, extend_trial
from portal.subscriptions.models import Subscription
from portal.subscriptions.stays import gives_access, lasting_stay
from portal.support.goodwill_terms import BASIS_POINTS, BadGesture, Wanted
from portal.support.goodwill_words import GestureKind, GestureStatus, counted
from portal.support.models import GoodwillGesture, SupportTicket
from portal.support.ticket_grants import CAUSE, feature_label, requester_of

LASTS = timedelta(days=30)
"""A coupon is used, and what is added to a limit too, within these."""
MOST_TRIAL_DAYS = 30
"""By which a tenant's trials are extended in all."""
READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class CannotWithdraw(Conflict):
    """What was given has been used, has ended, or was changed by somebody since."""


class TrialIsLong(Conflict):
    """The trial was extended often enough."""


@dataclass(frozen=True, slots=True)
class Done:
    """The row that was made, and what the customer may be told of it."""

    target_type: str
    target_id: int
    target_label: str
    sentence: str
    since: datetime
    until: datetime


def summary_of(wanted: Wanted) -> str:
    """What it is called: `14 days of Custom Reports`."""
    name = feature_label(wanted.feature)
    return {
        GestureKind.COUPON: f"a coupon of {wanted.reach} %",
        GestureKind.FEATURE: f"{counted(wanted.reach, 'day')} of {name}",
        GestureKind.QUOTA: f"{wanted.reach:,} more of {name}",
        GestureKind.TRIAL: f"{counted(wanted.reach, 'day')} more of trial",
    }[wanted.kind]


def check_possible(ticket: SupportTicket, wanted: Wanted) -> None:
    """What can be told before anything is written, so also of what is only asked for.

    Raises:
        BadGesture: there is no such feature, or nothing of it is counted (422).
        NoTrial, TrialIsLong: see the classes (409).
    """
    if wanted.feature_name is not None:
        feature = catalog_now().features.get(wanted.feature_name)
        if feature is None or feature.is_archived:
            raise BadGesture("Choose a feature that can be given.", field="feature_name")
        if wanted.kind is GestureKind.QUOTA and not can_be_more(feature):
            raise BadGesture("Nothing of this feature is counted.", field="feature_name")
    if wanted.kind is GestureKind.TRIAL:
        _trial_to_extend(ticket)
        _check_trial_days(ticket, wanted.reach)


def can_be_more(feature: Feature) -> bool:
    """Seats are counted, too, but by the users that there are."""
    return feature.is_metered and feature.name != SEATS


def do(*, by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str) -> Done:
    """Give it. The tenant's row is locked, so that parallel ones see each other.

    Raises:
        BadGesture, NoTrial, TrialIsLong: as `check_possible`.
        DomainError: as the deed of the kind says.
    """
    check_possible(ticket, wanted)
    return _DEEDS[wanted.kind](by, ticket, wanted, reason)


def _coupon(by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str) -> Done:
    now = clock.now()
    terms = Terms(
        basis_points=wanted.reach * BASIS_POINTS,
        redeem_by=now + LASTS,
        max_redemptions=1,
        is_public=False,
        description=f"To make {ticket.number} good",
    )
    row = create_coupon(
        by=by,
        code=_new_code(),
        terms=terms,
        tenant_ids=[ticket.tenant_id],
        reason=reason,
        cause={"cause_type": CAUSE, "cause_id": ticket.number},
    )
    sentence = (
        f"As an apology, the code {row.code} takes {wanted.reach} % off your next invoice. "
        f"It can be used once, until {_day(ticket, now + LASTS)}."
    )
    return Done("coupon", row.id, row.code, sentence, now, now + LASTS)


def _new_code() -> str:
    """Nobody guesses one of 2 ** 49; nobody misreads its letters on the telephone."""
    parts = ("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(2))
    return f"SORRY-{'-'.join(parts)}"


def _feature(by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str) -> Done:
    now, name = clock.now(), feature_label(wanted.feature)
    until = now + timedelta(days=wanted.reach)
    granted = grant_user_feature(
        by=by,
        user=requester_of(ticket),
        feature_name=wanted.feature,
        expires_at=until,
        reason=reason,
        cause_type=CAUSE,
        cause_id=ticket.number,
    )
    sentence = (
        f"As an apology, we have added {counted(wanted.reach, 'day')} of {name} to your account, "
        f"until {_day(ticket, until)}."
    )
    return Done("user_entitlement", granted.row.id, name, sentence, now, until)


def _quota(by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str) -> Done:
    now, name = clock.now(), feature_label(wanted.feature)
    row = top_up(
        by=replace(by, permissions=by.permissions | {Permission.QUOTAS_ADJUST}),
        tenant=_tenant(ticket),
        feature_name=wanted.feature,
        amount=wanted.reach,
        expires_at=now + LASTS,
        reason=reason,
    )
    sentence = (
        f"As an apology, we have added {wanted.reach:,} to your limit of {name}. "
        f"They can be used until {_day(ticket, now + LASTS)}."
    )
    return Done("quota", row.id, name, sentence, now, now + LASTS)


def _trial(by: Actor, ticket: SupportTicket, wanted: Wanted, reason: str) -> Done:
    stay, tenant = _trial_to_extend(ticket), _tenant(ticket)
    since = stay.trial_ends_at or clock.now()
    until = nth_boundary(since, "day", wanted.reach, tenant.time_zone)
    row = extend_trial(by=by, tenant=tenant, trial_ends_at=until, reason=reason)
    plan = db.session.get_one(PlanTemplate, row.plan_id).display_name
    sentence = (
        f"As an apology, we have extended your trial of {plan} by "
        f"{counted(wanted.reach, 'day')}, until {_day(ticket, until)}."
    )
    return Done("subscription", row.id, plan, sentence, since, row.trial_ends_at or until)


def running_trial(ticket: SupportTicket) -> Subscription | None:
    """The tenant's trial, while it counts."""
    stay = lasting_stay(ticket.tenant_id)
    is_running = stay is not None and gives_access(stay, clock.now())
    return stay if is_running and stay is not None and stay.trial_ends_at is not None else None


def _trial_to_extend(ticket: SupportTicket) -> Subscription:
    stay = running_trial(ticket)
    if stay is None:
        raise NoTrial(f"{ticket.tenant_name} is on no trial that could be longer.", field="days")
    return stay


def _check_trial_days(ticket: SupportTicket, days: int) -> None:
    query = sa.select(GoodwillGesture.terms).where(
        GoodwillGesture.tenant_id == ticket.tenant_id,
        GoodwillGesture.kind == GestureKind.TRIAL,
        GoodwillGesture.status == GestureStatus.GIVEN,
    )
    given = sum(int(terms["days"]) for terms in db.session.scalars(query))
    if given + days > MOST_TRIAL_DAYS:
        raise TrialIsLong(
            f"A trial is extended by {MOST_TRIAL_DAYS} days in all, and this one was by {given}.",
            field="days",
        )


def _tenant(ticket: SupportTicket) -> Tenant:
    return db.session.get_one(Tenant, ticket.tenant_id)


def _day(ticket: SupportTicket, at: datetime) -> str:
    """`12 Dec 2026`, on the customer's own clock."""
    local = at.astimezone(ZoneInfo(_tenant(ticket).time_zone))
    return f"{local.day} {local:%b %Y}"


def undo(*, by: Actor, gesture: GoodwillGesture, reason: str) -> int:
    """Take back what was given; the part of it that nobody had used, in basis points.

    Raises:
        CannotWithdraw: see the class (409).
        DomainError: as the deed of the kind says.
    """
    return _UNDOING[GestureKind(gesture.kind)](by, gesture, reason)


def _undo_coupon(by: Actor, gesture: GoodwillGesture, reason: str) -> int:
    row = coupon_or_404(_target_id(gesture))
    if row.times_redeemed:
        raise CannotWithdraw(f"{row.code} was used: it stays.")
    if row.status != CouponStatus.DISABLED:
        disable_coupon(by=by, coupon_id=row.id, reason=reason)
    return WHOLE


def _undo_feature(by: Actor, gesture: GoodwillGesture, reason: str) -> int:
    row = db.session.get_one(UserEntitlement, _target_id(gesture))
    revoke_grant(by=by, row=row, reason=reason)
    return _share_ahead(gesture)


def _undo_quota(_by: Actor, _gesture: GoodwillGesture, _reason: str) -> int:
    raise CannotWithdraw("What was added to a limit stays until it is used or its time is over.")


def _undo_trial(by: Actor, gesture: GoodwillGesture, reason: str) -> int:
    stay = lasting_stay(gesture.tenant_id)
    if stay is None or stay.id != gesture.target_id or not gives_access(stay, clock.now()):
        raise CannotWithdraw("The trial ended, or was changed since.")
    tenant = db.session.get_one(Tenant, gesture.tenant_id)
    if gesture.since is not None and gesture.since > clock.now():
        extend_trial(by=by, tenant=tenant, trial_ends_at=gesture.since, reason=reason)
    else:
        end_trial(by=by, tenant=tenant, reason=reason)
    return _share_ahead(gesture)


def _target_id(gesture: GoodwillGesture) -> int:
    return gesture.target_id or 0


def _share_ahead(gesture: GoodwillGesture) -> int:
    """How much of its time is still to come, rounded down."""
    if gesture.since is None or gesture.until is None:
        return 0
    ahead = gesture.until - max(clock.now(), gesture.since)
    return max(ahead, timedelta(0)) * WHOLE // (gesture.until - gesture.since)


_DEEDS: dict[GestureKind, Callable[[Actor, SupportTicket, Wanted, str], Done]] = {
    GestureKind.COUPON: _coupon,
    GestureKind.FEATURE: _feature,
    GestureKind.QUOTA: _quota,
    GestureKind.TRIAL: _trial,
}
_UNDOING: dict[GestureKind, Callable[[Actor, GoodwillGesture, str], int]] = {
    GestureKind.COUPON: _undo_coupon,
    GestureKind.FEATURE: _undo_feature,
    GestureKind.QUOTA: _undo_quota,
    GestureKind.TRIAL: _undo_trial,
}
