"""What a mail says of the conversation that it belongs to, and how long it waits."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job
from portal.mail.bodies import open_body
from portal.mail.messages import (
    LONGEST_REFERENCES,
    MOST_REFERENCES,
    Conversation,
    MailFile,
    NoMailAddress,
    parsed,
    trimmed_references,
)
from portal.mail.models import MailStatus
from portal.mail.outbox import Cause, withdraw
from tests.mail.letters import letter, work

IDS = [f"<{count}@mail.test>" for count in range(30)]


def headers(conversation, **more):
    return parsed(open_body(letter(conversation=conversation, **more)))


def test_of_many_references_the_root_and_the_newest_are_kept():
    kept = trimmed_references(IDS)
    assert kept == (IDS[0], *IDS[-(MOST_REFERENCES - 1) :])


def test_long_references_are_kept_below_8_kilobytes():
    long = [f"<{count}-{'x' * 240}@m>" for count in range(19)]
    longest = [f"<{count}-{'x' * 236}@mail.test>" for count in range(60)]
    assert trimmed_references(long) == tuple(long)
    kept = trimmed_references(longest)
    assert (kept[0], kept[-1]) == (longest[0], longest[-1])
    assert sum(len(one) + 3 for one in kept) <= LONGEST_REFERENCES


def test_an_id_counts_once_and_what_is_none_not_at_all():
    assert trimmed_references(["<1@x>", "junk", "<1@x>", "<a b@x>", "<2@x>\r\nX: y"]) == ("<1@x>",)
    assert trimmed_references([]) == ()


def test_long_ids_go_out_as_they_are(app):
    """Each on a line of its own: a line may have 998 octets, and none is encoded."""
    long = f"<{'x' * 200}@mail.test>"
    raw = open_body(
        letter(conversation=Conversation(in_reply_to=long, references=(IDS[0], long, IDS[1])))
    )
    message = parsed(raw)
    assert message["In-Reply-To"] == long
    assert message["References"].split() == [IDS[0], long, IDS[1]]
    assert raw.partition(b"\r\n\r\n")[0].count(f"\r\n {long}".encode()) == 1
    assert b"=?utf-8?" not in raw
    assert max(len(line) for line in raw.splitlines()) <= 998


def test_a_given_message_id_is_the_one_that_goes_out(app):
    mail = letter(message_id="<t1.m2@localhost>")
    assert mail.message_id == "<t1.m2@localhost>"
    assert parsed(open_body(mail))["Message-ID"] == "<t1.m2@localhost>"


@pytest.mark.parametrize(
    "forged", ["", "x", "<x@y>\r\nBcc: z@x.test", "<x y@z>", f"<{'x' * 200}@mail.test>"]
)
def test_what_is_no_message_id_is_refused(app, forged):
    with pytest.raises(ValueError, match="no message id"):
        letter(message_id=forged)


def test_answers_may_go_elsewhere_but_only_to_an_address(app):
    message = headers(Conversation(reply_to="support+t1.abc@boxcostpro.test"))
    assert message["Reply-To"].addresses[0].addr_spec == "support+t1.abc@boxcostpro.test"
    with pytest.raises(NoMailAddress):
        headers(Conversation(reply_to="x@y.test\r\nBcc: z@x.test"))


def test_a_file_goes_along_under_a_name_of_one_line(app):
    file = MailFile("größe\r\nX: y.pdf", "application/pdf", b"%PDF")
    message = headers(Conversation(files=(file,)))
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("größe X: y.pdf", b"%PDF")
    assert part.get_content_type() == "application/pdf"


@pytest.mark.parametrize("seconds", [0, 10, 60])
def test_a_mail_waits_as_long_as_it_is_told(app, seconds):
    hold = timedelta(seconds=seconds)
    mail = letter(send_after=hold)
    assert mail.next_attempt_at - mail.created_at == hold
    assert db.session.query(Job.run_at).scalar() == mail.next_attempt_at


@pytest.mark.parametrize("seconds", [-1, 61])
def test_no_mail_waits_longer_than_a_minute(app, seconds):
    with pytest.raises(ValueError, match="at most"):
        letter(send_after=timedelta(seconds=seconds))


def test_what_waits_is_withdrawn_and_what_is_under_way_is_not(app, post):
    cause = Cause("test", 7)
    waiting, delayed, claimed, sent, other = (
        letter(cause=one, send_after=timedelta(seconds=10))
        for one in (cause, cause, cause, cause, Cause("test", 8))
    )
    delayed.attempts, claimed.status, sent.status = 3, MailStatus.SENDING, MailStatus.SENT
    claimed.locked_until = clock.now() + timedelta(minutes=1)
    db.session.flush()
    assert withdraw(cause) == 2
    work(app)
    ends = [mail.status for mail in (waiting, delayed, claimed, sent, other)]
    assert ends == ["cancelled", "cancelled", "sending", "sent", "queued"]
    assert (waiting.body_sealed, post.accepted) == (None, [])
