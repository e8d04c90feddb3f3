"""What waits for this person, counted in one query whatever there is to count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.audit.words import in_words
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.permissions import Permission
from portal.jobs.models import Job, JobStatus
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Admin, AdminSession
from portal.two_factor.models import BackupCode

FEW_CODES = 3
RECENT = 8
NOTABLE = ("notice", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of the first page; what the person may not see is 0."""

    sessions: int
    codes: int
    password_changed_at: datetime | None
    failed_jobs: int
    mails_to_decide: int
    not_enrolled: int
    invited: int


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One line of the recent events."""

    id: str
    occurred_at: datetime
    words: str
    outcome: str
    severity: str
    who: str
    ip: str | None


def counts_for(actor: Actor) -> Counts:
    """One round trip: each number is a scalar subquery over an index."""
    operates = actor.may(Permission.OPERATIONS_VIEW)
    manages = actor.may(Permission.STAFF_MANAGE)
    row = db.session.execute(
        sa.select(
            _live_sessions(actor).label("sessions"),
            _live_codes(actor).label("codes"),
            _password_age(actor).label("password_changed_at"),
            _count(Job, operates, Job.status == JobStatus.FAILED).label("failed_jobs"),
            _count(EmailLog, operates, _wants_a_person()).label("mails_to_decide"),
            _count(Admin, manages, *_without_factor()).label("not_enrolled"),
            _count(Admin, manages, *_invited()).label("invited"),
        )
    ).one()
    return Counts(**row._asdict())


def recent_events(actor: Actor) -> list[SecurityEvent]:
    """The newest notable events: everybody's for those who may see them, else the own ones."""
    query = sa.select(
        AuditEvent.id,
        AuditEvent.occurred_at,
        AuditEvent.action,
        AuditEvent.outcome,
        AuditEvent.severity,
        AuditEvent.actor_label,
        AuditEvent.actor_type,
        AuditEvent.target_label,
        AuditEvent.ip,
    ).order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
    if actor.may(Permission.AUDIT_ALL):
        query = query.where(AuditEvent.severity.in_(NOTABLE))
    else:
        query = query.where(
            AuditEvent.actor_type == actor.type.value, AuditEvent.actor_id == actor.id
        )
    rows = db.session.execute(query.limit(RECENT))
    return [_event(row) for row in rows]


def _event(row: sa.Row[*tuple[Any, ...]]) -> SecurityEvent:
    """Of a stranger's attempt, the account it was aimed at says more than that nobody knows who."""
    is_stranger = row.actor_type == ActorType.ANONYMOUS and row.target_label
    return SecurityEvent(
        id=row.id,
        occurred_at=datetime.fromisoformat(row.occurred_at),
        words=in_words(row.action),
        outcome=row.outcome,
        severity=row.severity,
        who=row.target_label if is_stranger else row.actor_label,
        ip=row.ip,
    )


def _live_sessions(actor: Actor) -> sa.ScalarSelect[int]:
    now = clock.now()
    return (
        sa.select(sa.func.count())
        .where(
            AdminSession.admin_id == actor.id,
            AdminSession.revoked_at.is_(None),
            AdminSession.state == "active",
            AdminSession.idle_expires_at > now,
            AdminSession.absolute_expires_at > now,
        )
        .scalar_subquery()
    )


def _live_codes(actor: Actor) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .where(
            BackupCode.admin_id == actor.id,
            BackupCode.revoked_at.is_(None),
            BackupCode.used_at.is_(None),
            sa.or_(BackupCode.expires_at.is_(None), BackupCode.expires_at > clock.now()),
        )
        .scalar_subquery()
    )


def _password_age(actor: Actor) -> sa.ScalarSelect[datetime | None]:
    return sa.select(Admin.password_changed_at).where(Admin.id == actor.id).scalar_subquery()


def _count(table: type, may_see: bool, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    if not may_see:
        return sa.select(sa.literal(0)).scalar_subquery()
    return sa.select(sa.func.count()).select_from(table).where(*where).scalar_subquery()


def _wants_a_person() -> sa.ColumnElement[bool]:
    return EmailLog.status.in_((MailStatus.FAILED, MailStatus.UNKNOWN))


def _without_factor() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Admin.disabled_at.is_(None),
        Admin.joined_at.is_not(None),
        Admin.is_second_factor_on.is_(False),
    )


def _invited() -> tuple[sa.ColumnElement[bool], ...]:
    return (Admin.disabled_at.is_(None), Admin.joined_at.is_(None))
