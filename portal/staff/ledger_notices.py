"""Our people hear what the ledger found: under the bell, and by mail."""

from collections.abc import Iterable

import sqlalchemy as sa

from portal.audit.forks import Fork
from portal.audit.models import Alert, AlertRule, AuditStream, Verification
from portal.audit.notes import Checkpoint
from portal.audit.signals import (
    alert_raised,
    checkpoint_for_people,
    log_forked,
    stream_given_up,
)
from portal.audit.verifying.report import Ending
from portal.audit.verifying.signals import verification_failed
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin
from portal.staff.notices import notify

ADMINS = (Role.ADMIN,)
MOST_FAULTS = 5


@checkpoint_for_people.connect
def mail_checkpoint(checkpoint: Checkpoint) -> int:
    """No notice: it is there to be kept outside of the database. Returns how many were told."""
    admins = _people(ADMINS)
    for admin in admins:
        _mail(
            admin,
            "audit_checkpoint",
            page="/audit/log",
            origin=checkpoint.origin,
            size=checkpoint.size,
            root=checkpoint.root_text,
        )
    return len(admins)


@log_forked.connect
def tell_of_fork(fork: Fork) -> None:
    _tell(
        ADMINS,
        "audit_forked",
        text=f"The audit log is not signed any more: {fork.why}",
        page="/audit/log",
        is_security=True,
        origin=fork.origin,
        why=fork.why,
    )


@verification_failed.connect
def tell_of_verification(kept: Verification) -> None:
    what = "was changed" if kept.exit_code == Ending.TAMPERED else "cannot be proven any more"
    faults = [fault["message"] for fault in kept.faults["faults"]] or kept.faults["unknown"]
    _tell(
        ADMINS,
        "audit_verification",
        text=f"The audit log {what}: {faults[0]}",
        page="/audit/verification",
        is_security=True,
        what=what,
        faults=faults[:MOST_FAULTS],
        more=max(len(faults) - MOST_FAULTS, 0),
    )


@stream_given_up.connect
def tell_of_stream(stream: AuditStream) -> None:
    _tell(
        ADMINS,
        "audit_stream_paused",
        text=f"The stream {stream.name} was paused: nothing was taken for seven days.",
        page=f"/audit/streams/{stream.id}",
        stream=stream.name,
        error=stream.last_error,
    )


@alert_raised.connect
def tell_of_alert(alert: Alert, *, rule: AlertRule) -> None:
    """The notice leads to all alerts, where it is acknowledged; the mail to what happened."""
    _tell(
        rule.roles,
        "audit_alert",
        text=f"{rule.name}: {alert.text}",
        page="/audit/alerts",
        rule=rule.name,
        text_of_event=alert.text,
        count=alert.count,
        minutes=rule.minutes,
        page_of_event=f"/audit/events/{alert.event_id}",
    )


def _tell(
    roles: Iterable[str],
    template: str,
    *,
    text: str,
    page: str,
    is_security: bool = False,
    **context: object,
) -> None:
    """A notice and a mail to everybody who works here in one of the roles."""
    for person in _people(roles):
        notify(admin_id=person.id, kind=template, text=text, url=page)
        _mail(person, template, page=page, is_security=is_security, **context)


def _people(roles: Iterable[str]) -> list[Admin]:
    is_here = (Admin.disabled_at.is_(None), Admin.joined_at.is_not(None))
    query = sa.select(Admin).where(Admin.role.in_(list(roles)), *is_here)
    return list(db.session.scalars(query.order_by(Admin.id)))


def _mail(person: Admin, template: str, *, is_security: bool = False, **context: object) -> None:
    """Only what is urgent leaves an event of its own: a log that grows by its own mails never
    rests, and a mail about an alert could meet the very rule that it tells of.
    """
    queue_mail(
        by=SYSTEM,
        to=person.email,
        to_name=person.name,
        template=template,
        context={"name": person.name, **context},
        is_security=is_security,
    )
