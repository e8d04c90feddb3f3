"""What the people of a recovery do: Bea, who lost everything, and Ann, who lets her in."""

import re
from email import message_from_bytes, policy

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.mail.bodies import open_body
from portal.mail.models import EmailLog
from portal.two_factor.models import RecoveryRequest
from portal.web.access import SessionState
from tests.cast import PASSWORD, signed_in, trusted
from tests.staff.post import do_jobs

STATEMENT = "I called her on the number that HR has."
CODE = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
STOP = re.compile(r"http://[^/\s]+(/recovery/\S+)")


def halfway(app, admin):
    """A browser after the right password."""
    return signed_in(app, admin, state=SessionState.PREAUTH, amr="pwd")


def ask(app, admin):
    """Ask for a recovery; its id."""
    assert halfway(app, admin).submit("/sign-in/recovery/request").status_code == 303
    return request_of(admin).id


def approve(app, admin, request_id, statement=STATEMENT):
    url = f"/staff/recovery/{request_id}/approve"
    return trusted(app, admin).submit(url, statement=statement)


def complete(app, admin, code, password=PASSWORD, browser=None):
    url = "/sign-in/recovery/complete"
    here = browser or halfway(app, admin)
    return here.submit(url, recovery_code=code, password=password)


def time_is_over(app):
    """The worker does what is due."""
    return do_jobs("two_factor.open_recovery")


def request_of(admin):
    query = sa.select(RecoveryRequest).where(RecoveryRequest.admin_id == admin.id)
    return db.session.scalars(query.order_by(RecoveryRequest.id.desc())).first()


def letters(template):
    """Whom the mails of this kind went to, and what they say."""
    query = sa.select(EmailLog).where(EmailLog.template == template).order_by(EmailLog.id)
    return [(mail.recipient, text_of(mail)) for mail in db.session.scalars(query)]


def text_of(mail):
    letter = message_from_bytes(open_body(mail), policy=policy.default)
    return letter.get_body(("plain",)).get_content()


def mailed_code():
    return CODE.search(letters("recovery_code")[-1][1])[0]


def stop_path(template="recovery_requested"):
    return STOP.search(letters(template)[-1][1])[1]


def events(action):
    query = sa.select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.id)
    return db.session.scalars(query).all()
