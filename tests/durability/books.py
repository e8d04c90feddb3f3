"""Reading the rows, the ledger and the mail server's count against each other afterwards."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.actor import ActorType
from portal.core.database import db
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Admin, AdminSession
from portal.two_factor.models import BackupCode, TwoFactorAuth

MOST_ARRIVALS = {
    MailStatus.SENT: 1,
    MailStatus.UNKNOWN: 1,
    MailStatus.FAILED: 0,
    MailStatus.QUEUED: 0,
}
EVENTS = {
    "password": Action.SESSION_PASSWORD_ACCEPTED,
    "enrolment": Action.TOTP_ENABLED,
    "backup_code": Action.BACKUP_CODE_USED,
    "sign_out": Action.SESSION_CLOSED,
    "forgot": Action.PASSWORD_RESET_REQUESTED,
}


def faults_in_the_books(kept: Counter[tuple[str, str]], arrived: Counter[str]) -> list[str]:
    """Every promise, row and mail that does not agree with the others; best none."""
    assert kept, "nobody was promised anything"
    # Whoever forgot a password is a stranger; the address they typed is what it is about.
    is_stranger = AuditEvent.actor_type == ActorType.ANONYMOUS
    who = sa.case((is_stranger, AuditEvent.target_label), else_=AuditEvent.actor_label)
    events = _by_person(who, AuditEvent.action)
    return [
        *_promises_without_event(kept, events),
        *_rows_without_event(events),
        *_mails(arrived),
    ]


def _promises_without_event(
    kept: Counter[tuple[str, str]], events: Counter[tuple[str, str]]
) -> Iterator[str]:
    for (email, deed), times in kept.items():
        found = events[email, EVENTS[deed]]
        if found < times:
            yield f"{email} was promised {deed} x {times}; the ledger has {found}"


def _rows_without_event(events: Counter[tuple[str, str]]) -> Iterator[str]:
    """A deed and its event stand in one transaction: neither exists without the other."""
    rows = {
        Action.TOTP_ENABLED: _rows(TwoFactorAuth.admin_id),
        Action.BACKUP_CODE_USED: _rows(BackupCode.admin_id, BackupCode.used_at.is_not(None)),
        Action.SESSION_PASSWORD_ACCEPTED: _rows(AdminSession.admin_id),
    }
    for action, counted in rows.items():
        for email in {email for email, _ in events} | counted.keys():
            if counted[email] != events[email, action]:
                yield f"{email}: {counted[email]} rows, {events[email, action]} x {action}"


def _rows(admin_id: sa.orm.InstrumentedAttribute[int], *where: sa.ColumnElement[bool]) -> Counter:
    query = sa.select(Admin.email, sa.func.count()).join_from(
        Admin, admin_id.class_, Admin.id == admin_id
    )
    return Counter(dict(db.session.execute(query.where(*where).group_by(Admin.email)).all()))


def _by_person(*columns: sa.ColumnElement[str]) -> Counter[tuple[str, str]]:
    query = sa.select(*columns, sa.func.count()).group_by(*columns)
    return Counter({(row[0], row[1]): row[2] for row in db.session.execute(query)})


def _mails(arrived: Counter[str]) -> Iterator[str]:
    queued = db.session.scalars(sa.select(EmailLog)).all()
    events = db.session.scalars(
        sa.select(AuditEvent.target_id).where(AuditEvent.action == Action.MAIL_QUEUED)
    ).all()
    if Counter(events) != Counter(str(mail.id) for mail in queued):
        yield f"{len(queued)} mails, {len(events)} events of mails"
    if not queued:
        yield "no mail was ever written"
    for mail in queued:
        times = arrived[mail.message_id]
        fewest = 1 if mail.status == MailStatus.SENT else 0
        if not fewest <= times <= MOST_ARRIVALS.get(MailStatus(mail.status), -1):
            yield f"mail {mail.id} ({mail.template}) is {mail.status} and arrived {times} times"
    for message_id in arrived.keys() - {mail.message_id for mail in queued}:
        yield f"{message_id} arrived, and no row knows it"
