"""What rooms above hear of a mail's end, in the transaction that ends it."""

from contextlib import contextmanager, suppress
from datetime import timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.registry import NotNow
from portal.mail import delivery, upkeep
from portal.mail.models import EmailLog, MailStatus
from portal.mail.signals import DELAYS_TOLD, mail_delayed, mail_failed, mail_sent
from tests.mail.letters import letter, work


@contextmanager
def heard():
    """Each end as it is told: which signal, and the state of the mail by then."""
    ends = []

    def sent(mail):
        ends.append(("sent", mail.status, mail.id))

    def failed(mail):
        ends.append(("failed", mail.status, mail.id))

    def delayed(mail):
        ends.append(("delayed", mail.status, mail.attempts))

    with (
        mail_sent.connected_to(sent),
        mail_failed.connected_to(failed),
        mail_delayed.connected_to(delayed),
    ):
        yield ends


def test_a_sent_mail_is_told_once(app, post):
    with heard() as ends:
        mail = letter()
        work(app)
        delivery.deliver({"mail_id": mail.id})
    assert ends == [("sent", MailStatus.SENT, mail.id)]


def test_a_refused_mail_is_told(app, post):
    post.answers["RCPT"] = "550 No such person"
    with heard() as ends:
        mail = letter()
        work(app)
    assert ends == [("failed", MailStatus.FAILED, mail.id)]


def test_a_delayed_mail_is_told_at_its_second_delay_and_when_it_is_given_up(app, post):
    post.answers["RCPT"] = "451 later"
    with heard() as ends:
        mail = letter()
        for _ in range(delivery.MAX_ATTEMPTS):
            assert ends == ([("delayed", "queued", 2)] if mail.attempts >= DELAYS_TOLD else [])
            tried(mail)
    assert ends[1:] == [("failed", MailStatus.FAILED, mail.id)]


def test_a_try_whose_worker_died_is_no_delay_and_hides_none(app, post):
    post.answers["RCPT"] = "451 later"
    with heard() as ends:
        mail = letter()
        tried(mail)
        mail.status, mail.attempts = MailStatus.SENDING, 2
        mail.locked_until = clock.now() - timedelta(minutes=1)
        db.session.commit()
        tried(mail)
    assert ends == [("delayed", MailStatus.QUEUED, 2)]


def tried(mail):
    """Once more, whatever its time."""
    with suppress(NotNow):
        delivery.deliver({"mail_id": mail.id})


def test_silence_after_the_message_is_told_as_unknown(app, post):
    post.answers["DATA"] = "cut"
    with heard() as ends:
        mail = letter()
        work(app)
    assert ends == [("failed", MailStatus.UNKNOWN, mail.id)]


def test_a_mail_whose_worker_died_in_the_middle_is_told_once(app, post):
    mail = letter()
    mail.status, mail.attempts = MailStatus.SENDING, 1
    mail.data_started_at = mail.locked_until = clock.now() - timedelta(minutes=11)
    db.session.execute(sa.delete(delivery.Job))
    with heard() as ends:
        upkeep.sweep({})
        work(app)
        upkeep.sweep({})
        work(app)
    assert ends == [("failed", MailStatus.UNKNOWN, mail.id)]
    assert post.accepted == []


def test_what_a_listener_writes_stands_or_falls_with_the_verdict(app, post):
    """The verdict of a listener that raises is lost, so nobody sends the mail again unasked."""

    def raising(mail):
        other.template = "changed"
        db.session.flush()
        raise RuntimeError("the desk is on fire")

    other, mail = letter(send_after=timedelta(seconds=60)), letter()
    with mail_sent.connected_to(raising):
        work(app)
    assert (db.session.get(EmailLog, other.id).template, len(post.accepted)) == ("invite", 1)
    assert (mail.status, mail.data_started_at is not None) == (MailStatus.SENDING, True)
    mail.locked_until = clock.now() - timedelta(seconds=1)
    db.session.commit()
    delivery.deliver({"mail_id": mail.id})
    assert (mail.status, len(post.accepted)) == (MailStatus.UNKNOWN, 1)
