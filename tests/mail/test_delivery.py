"""Delivering: sent once, retried before DATA, refused for good, or of unknown fate."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import Conflict
from portal.mail import delivery, upkeep
from portal.mail.decisions import cancel, mark_as_sent, send_again
from portal.mail.gateway import FileGateway, MailDelayed, MailRefused
from portal.mail.models import MailStatus
from tests.mail.conftest import use
from tests.mail.letters import LINK, letter, work


class Killed(BaseException):
    """What `kill -9` looks like from inside."""


class Fake:
    """A gateway that does as it is told, and counts what it took."""

    def __init__(self, before=None, after=None):
        self.before, self.after, self.taken = before, after, []

    def deliver(self, mail, *, before_data):
        if self.before:
            raise self.before
        before_data()
        self.taken.append(mail.id)
        if self.after:
            raise self.after


def test_a_mail_is_sent_and_its_link_forgotten(app, post):
    mail = letter()
    work(app)
    assert (mail.status, mail.body_sealed, mail.attempts) == (MailStatus.SENT, None, 1)
    assert mail.sent_at is not None
    assert LINK.encode() in post.accepted[0].content.replace(b"=\r\n", b"")


def test_a_mail_without_a_secret_keeps_its_text(app, post):
    mail = letter(carries_secret=False)
    work(app)
    assert mail.body_sealed is not None


def test_an_address_outside_ascii_is_delivered(app, post):
    mail = letter("zoë@boxcostpro.test")
    work(app)
    assert mail.status == MailStatus.SENT
    assert post.accepted[0].rcpt_tos == ["zoë@boxcostpro.test"]


@pytest.mark.parametrize("where", ["RCPT", "DATA"])
def test_a_busy_server_delays_the_mail(app, post, where):
    post.answers[where] = "451 Try again"
    mail = letter()
    work(app)
    assert (mail.status, mail.attempts, mail.data_started_at) == (MailStatus.QUEUED, 1, None)
    assert mail.next_attempt_at > clock.now()
    assert "451" in mail.last_error


@pytest.mark.parametrize("where", ["RCPT", "DATA"])
def test_a_refusal_is_final(app, post, where):
    post.answers[where] = "550 No such person"
    mail = letter()
    work(app)
    assert (mail.status, mail.last_error) == (MailStatus.FAILED, "550 No such person")


def test_a_cut_before_data_delays_the_mail(app, post):
    post.answers["RCPT"] = "cut"
    mail = letter()
    work(app)
    assert mail.status == MailStatus.QUEUED


def test_silence_after_the_whole_message_leaves_its_fate_unknown(app, post):
    post.answers["DATA"] = "cut"
    mail = letter()
    work(app)
    assert mail.status == MailStatus.UNKNOWN
    work(app)
    assert mail.attempts == 1


def test_the_same_message_id_goes_out_at_every_attempt(app, post):
    post.answers["DATA"] = "451 Later"
    mail = letter()
    work(app)
    post.answers.clear()
    delivery.deliver({"mail_id": mail.id})
    assert f"Message-ID: {mail.message_id}".encode() in post.accepted[0].content


def test_tries_come_soon_then_hours_apart_for_about_a_day():
    waits = [delivery.retry_delay(n) for n in range(1, delivery.MAX_ATTEMPTS)]
    assert [wait // timedelta(minutes=1) for wait in waits[:6]] == [1, 5, 15, 60, 240, 240]
    assert timedelta(hours=24) < sum(waits, timedelta()) < timedelta(hours=28)


def test_after_the_last_attempt_a_mail_fails_visibly(app, monkeypatch):
    use(monkeypatch, Fake(before=MailDelayed("away")))
    mail = letter()
    mail.attempts = delivery.MAX_ATTEMPTS - 1
    work(app)
    assert mail.status == MailStatus.FAILED
    assert "away" in mail.last_error


def test_a_worker_killed_before_data_is_followed_by_another(app, monkeypatch):
    use(monkeypatch, Fake(before=Killed()))
    mail = killed_during(app)
    assert (mail.status, mail.data_started_at) == (MailStatus.SENDING, None)
    use(monkeypatch, fake := Fake())
    lease_over(mail)
    work(app)
    assert (mail.status, fake.taken) == (MailStatus.SENT, [mail.id])


def test_a_worker_killed_after_data_leaves_the_choice_to_a_person(app, monkeypatch):
    use(monkeypatch, fake := Fake(after=Killed()))
    mail = killed_during(app)
    lease_over(mail)
    work(app)
    assert (mail.status, fake.taken) == (MailStatus.UNKNOWN, [mail.id])


def test_a_late_verdict_changes_nothing(app):
    mail = letter()
    late = delivery._Attempt(mail.id, "late")
    late.claim()
    late.start_data()
    lease_over(mail)
    other = delivery._Attempt(mail.id, "other")
    assert other.claim() is None
    with pytest.raises(delivery.LostLease):
        late.end(MailStatus.SENT)
    db.session.expire_all()
    assert mail.status == MailStatus.UNKNOWN


def test_a_mail_under_lease_is_left_alone(app):
    mail = letter()
    delivery._Attempt(mail.id, "first").claim()
    with pytest.raises(delivery.NotNow):
        delivery._Attempt(mail.id, "second").claim()


def test_an_unknown_mail_is_sent_again_when_a_person_says_so(app, monkeypatch):
    use(monkeypatch, fake := Fake())
    mail = letter()
    mail.status, mail.data_started_at = MailStatus.UNKNOWN, clock.now()
    send_again(by=SYSTEM, mail=mail)
    work(app)
    assert (mail.status, fake.taken) == (MailStatus.SENT, [mail.id])


def test_of_two_decisions_one_counts(app):
    mail = letter()
    mail.status = MailStatus.UNKNOWN
    db.session.flush()
    mark_as_sent(by=SYSTEM, mail=mail)
    assert (mail.status, mail.body_sealed) == (MailStatus.SENT, None)
    with pytest.raises(Conflict):
        send_again(by=SYSTEM, mail=mail)


def test_a_cancelled_mail_is_not_sent(app, monkeypatch):
    use(monkeypatch, fake := Fake())
    mail = letter()
    cancel(by=SYSTEM, mail=mail)
    work(app)
    assert (mail.status, fake.taken) == (MailStatus.CANCELLED, [])


def test_the_sweep_finds_a_mail_whose_job_is_gone(app, monkeypatch):
    use(monkeypatch, Fake(before=MailRefused("550 no")))
    mail = letter()
    mail.next_attempt_at = clock.now() - timedelta(hours=1)
    db.session.execute(delivery.Job.__table__.delete())
    upkeep.sweep({})
    work(app)
    assert mail.status == MailStatus.FAILED


def test_old_secrets_are_wiped_and_waiting_mails_are_not(app):
    waiting, failed = letter(), letter()
    failed.status = MailStatus.FAILED
    waiting.created_at = failed.created_at = clock.now() - timedelta(days=8)
    db.session.flush()
    upkeep.wipe_bodies({})
    db.session.expire_all()
    assert (waiting.body_sealed is None, failed.body_sealed is None) == (False, True)


def test_old_secrets_are_wiped_however_many_there_are(app, monkeypatch):
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    mails = [letter() for _ in range(5)]
    for mail in mails:
        mail.status, mail.created_at = MailStatus.FAILED, clock.now() - timedelta(days=8)
    db.session.flush()
    upkeep.wipe_bodies({})
    work(app)
    assert [mail.body_sealed for mail in mails] == [None] * 5


def test_the_file_gateway_writes_one_private_file_a_mail(app, monkeypatch, tmp_path):
    use(monkeypatch, FileGateway(tmp_path / "mail"))
    mail = letter(carries_secret=False)
    work(app)
    send_again_after_failure(mail)
    work(app)
    (file,) = (tmp_path / "mail").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == (f"{mail.id}.eml", 0o600)


def test_a_folder_that_cannot_be_written_delays_the_mail(app, monkeypatch, tmp_path):
    (tmp_path / "mail").write_text("a file stands in the way")
    use(monkeypatch, FileGateway(tmp_path / "mail"))
    mail = letter()
    work(app)
    assert mail.status == MailStatus.QUEUED


def send_again_after_failure(mail):
    mail.status = MailStatus.FAILED
    db.session.flush()
    send_again(by=SYSTEM, mail=mail)


def killed_during(app):
    mail = letter()
    with pytest.raises(Killed):
        work(app)
    db.session.expire_all()
    return mail


def lease_over(mail):
    """As if the lease's time had passed, for the mail and for its job."""
    past = clock.now() - timedelta(seconds=1)
    mail.locked_until = past
    db.session.execute(delivery.Job.__table__.update().values(locked_until=past))
    db.session.commit()
