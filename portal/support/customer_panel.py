"""What stands beside a ticket of its customer: who they are, what they may use, what is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.audit.words import in_words
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.directory import user_and_tenant
from portal.customers.models import Tenant, User
from portal.entitlements.answers import Answer
from portal.entitlements.checks import get_user_features
from portal.entitlements.logs import LogFilters, entitlement_log
from portal.entitlements.models import UserEntitlement
from portal.entitlements.overrides import state_of
from portal.entitlements.states import FeatureState, states_of
from portal.entitlements.terms import NOT_GIVEN
from portal.support.goodwill_list import GestureLine, gestures_of
from portal.support.models import SupportTicket
from portal.support.seeing import seen_by
from portal.support.ticket_grants import grants_of
from portal.support.words import Status

MOST_TICKETS = 6
MOST_CHANGES = 5
LOOKED_THROUGH = 25
"""Of a tenant's changes, so many of the newest: most may be about its other users."""


@dataclass(frozen=True, slots=True)
class PlanNow:
    """The stay that counts. `ends_at`: when the trial or the grace ends, where there is one."""

    name: str
    state: str
    ends_at: datetime | None

    @property
    def is_trial(self) -> bool:
        return self.state == "trialing"


@dataclass(frozen=True, slots=True)
class RecentTicket:
    number: str
    subject: str
    status: Status
    is_theirs: bool
    last_message_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what they may use."""

    words: str
    feature: str
    who: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class GrantHere:
    """What was granted from this ticket."""

    id: int
    feature: str
    until: datetime | None
    state: str

    @property
    def stands(self) -> bool:
        return self.state in {"active", "scheduled"}


@dataclass(frozen=True, slots=True)
class Beside:
    """Everything of the panel; what the reader may not see is empty."""

    user: User
    tenant: Tenant
    plan: PlanNow | None
    features: list[FeatureState]
    tickets: list[RecentTicket]
    changes: list[Change]
    grants: list[GrantHere]
    gestures: list[GestureLine]
    decider_id: int | None
    """The reader, where they decide on goodwill of others."""
    may_grant: bool

    @property
    def goodwill_grants(self) -> dict[int, int]:
        """Grants that are gestures, which are taken back as such: the gesture by the grant."""
        return {
            one.target_id: one.id
            for one in self.gestures
            if one.target_type == "user_entitlement" and one.target_id is not None
        }

    @property
    def notable(self) -> list[FeatureState]:
        """What an agent looks for first: denied, counted, or given by somebody. Denied on top."""
        found = [one for one in self.features if _is_notable(one)]
        return sorted(found, key=lambda one: one.allowed)

    @property
    def others(self) -> list[FeatureState]:
        return [one for one in self.features if not _is_notable(one)]


def _is_notable(one: FeatureState) -> bool:
    return not one.allowed or one.limit is not None or one.override is not None


def beside(ticket: SupportTicket, by: Actor) -> Beside:
    """The panel of a ticket that the reader may see, in at most seven queries once it is warm."""
    now = clock.now()
    user, tenant = user_and_tenant(ticket.requester_id)
    may_see = by.may(Permission.ENTITLEMENTS_VIEW)
    answers = get_user_features(user_id=user.id) if may_see else []
    labels = {answer.feature_name: _label(answer) for answer in answers}
    return Beside(
        user=user,
        tenant=tenant,
        plan=_plan(answers, now),
        features=states_of(answers),
        tickets=recent_tickets(by=by, tenant_id=tenant.id, user_id=user.id, but=ticket.id),
        changes=_changes(user, labels) if by.may(Permission.ENTITLEMENTS_LOG) else [],
        grants=[_grant(row, labels, now) for row in grants_of(ticket)] if may_see else [],
        gestures=gestures_of(ticket),
        decider_id=by.id if by.may(Permission.GOODWILL_APPROVE) else None,
        may_grant=may_grant(ticket, by) and user.erased_at is None,
    )


def customer_slot(ticket: SupportTicket, by: Actor) -> dict[str, str | bool]:
    """For `support/_customer.html`: the panel itself is asked for once the ticket's page stands."""
    url = f"/support/tickets/{ticket.number}"
    return {"customer_url": f"{url}/customer", "may_make_good": may_make_good(ticket, by)}


def may_make_good(ticket: SupportTicket, by: Actor) -> bool:
    """May this person give goodwill from this ticket?"""
    return _is_live(ticket) and by.may(Permission.GOODWILL_GIVE)


def may_grant(ticket: SupportTicket, by: Actor) -> bool:
    """May this person grant something from this ticket?"""
    return _is_live(ticket) and by.may(Permission.ENTITLEMENTS_GRANT_BRIEFLY)


def _is_live(ticket: SupportTicket) -> bool:
    return Status(ticket.status) not in {Status.MERGED, Status.SPAM, Status.DELETED}


def recent_tickets(
    *, by: Actor, tenant_id: int, user_id: int | None = None, but: int | None = None
) -> list[RecentTicket]:
    """The newest of a tenant, those of one user first; at most six."""
    seen = (seen_by(by), SupportTicket.id != (but or 0))
    of_tenant = sa.select(SupportTicket.id).where(SupportTicket.tenant_id == tenant_id, *seen)
    of_user = sa.select(SupportTicket.id).where(SupportTicket.requester_id == (user_id or 0), *seen)
    newest = [
        sa.select(each.order_by(SupportTicket.id.desc()).limit(MOST_TICKETS).subquery())
        for each in (of_user, of_tenant)
    ]
    return _recent(SupportTicket.id.in_(sa.union(*newest)), user_id)


def tickets_of_user(*, by: Actor, user: User) -> list[RecentTicket]:
    """The newest that a user opened; at most six."""
    return _recent(sa.and_(SupportTicket.requester_id == user.id, seen_by(by)), user.id)


def _recent(where: sa.ColumnElement[bool], user_id: int | None) -> list[RecentTicket]:
    is_theirs = SupportTicket.requester_id == (user_id or 0)
    query = sa.select(
        SupportTicket.number,
        SupportTicket.subject,
        SupportTicket.status,
        SupportTicket.last_message_at,
        is_theirs.label("is_theirs"),
    ).where(where)
    newest = query.order_by(is_theirs.desc(), SupportTicket.id.desc()).limit(MOST_TICKETS)
    return [
        RecentTicket(
            row.number, row.subject, Status(row.status), bool(row.is_theirs), row.last_message_at
        )
        for row in db.session.execute(newest)
    ]


def _plan(answers: Sequence[Answer], now: datetime) -> PlanNow | None:
    if not answers:
        return None
    subject = answers[0].standing.subject
    stays = [stay for stay in subject.stays if stay.is_in_force(now)]
    if stays:
        stay = stays[-1]
        return PlanNow(stay.plan.display_name or stay.plan.name, stay.state, stay.ends_at)
    fallback = subject.fallback_plan
    return PlanNow(fallback.display_name or fallback.name, "", None) if fallback else None


def _changes(user: User, labels: dict[str, str]) -> list[Change]:
    """Of what this user gets: their own grants, the tenant's, its plan, and the catalogue's."""
    found = entitlement_log(LogFilters(tenant_id=user.tenant_id), limit=LOOKED_THROUGH)
    mine = [entry for entry in found.items if entry.user_id in {None, user.id}]
    return [
        Change(
            words=in_words(entry.action),
            feature=labels.get(entry.feature_name or "", entry.feature_name or ""),
            who=entry.admin,
            reason=None if entry.reason == NOT_GIVEN else entry.reason,
            at=entry.at,
        )
        for entry in mine[:MOST_CHANGES]
    ]


def _label(answer: Answer) -> str:
    feature = answer.standing.catalog.features.get(answer.feature_name)
    return (feature.display_name if feature else "") or answer.feature_name


def _grant(row: UserEntitlement, labels: dict[str, str], now: datetime) -> GrantHere:
    name = labels.get(row.feature_name, row.feature_name)
    return GrantHere(row.id, name, row.expires_at, state_of(row, now))
