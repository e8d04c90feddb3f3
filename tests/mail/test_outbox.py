"""What is queued: one finished message, sealed, for one checked address."""

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.jobs.models import Job
from portal.mail import messages
from portal.mail.bodies import open_body
from portal.mail.messages import NoMailAddress, parsed, text_of
from portal.mail.models import EmailLog, MailStatus
from tests.mail.letters import LINK, letter


def test_a_mail_is_queued_with_its_job_and_its_event(app):
    mail = letter()
    assert mail.status == MailStatus.QUEUED
    assert db.session.scalar(sa.select(Job.payload)) == {"mail_id": mail.id}
    event = db.session.scalar(sa.select(AuditEvent))
    assert (event.action, event.target_label) == ("mail.queued", mail.recipient)


def test_a_rolled_back_mail_never_was(app):
    db.session.commit()
    letter()
    db.session.rollback()
    for model in (EmailLog, Job, AuditEvent):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 0


def test_the_message_has_both_forms_and_the_link(app):
    message = parsed(open_body(letter()))
    assert LINK in text_of(message)
    html = message.get_body(("html",)).get_content()
    assert f'href="{LINK}"' in html
    assert 'style="' in html
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "auto_reply"


def test_the_database_holds_no_link_in_the_clear(app):
    mail = letter()
    assert LINK.encode() not in mail.body_sealed
    payload = db.session.scalar(sa.select(sa.cast(Job.payload, sa.Text)))
    assert "invite" not in payload


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bea",
        "bea@",
        "a b@boxcostpro.test",
        "bea@boxcostpro.test\r\nBcc: x@y.test",
        "a@b@c.test",
    ],
)
def test_what_is_no_address_is_refused(app, address):
    with pytest.raises(NoMailAddress):
        letter(address)


def test_a_name_cannot_add_a_header(app):
    message = parsed(open_body(letter(to_name="Zoë\r\nBcc: all@boxcostpro.test")))
    assert "Bcc" not in message
    assert [a.addr_spec for a in message["To"].addresses] == ["bea@boxcostpro.test"]


def test_a_subject_cannot_add_a_header():
    assert messages.one_line("Hi\r\nBcc: x\u2028y\x00") == "Hi Bcc: x y"


def test_names_and_domains_outside_ascii_arrive(app):
    message = parsed(open_body(letter("bea@bücher.test", to_name="Zoë Ångström")))
    person = message["To"].addresses[0]
    assert person.display_name == "Zoë Ångström"
    assert person.domain == "xn--bcher-kva.test"


@pytest.mark.parametrize(
    ("domain", "sent"),
    [
        ("straße.test", "xn--strae-oqa.test"),
        ("strasse.test", "strasse.test"),
        ("bücher.test", "xn--bcher-kva.test"),
    ],
)
def test_a_domain_is_the_one_that_was_written_and_no_other(domain, sent):
    assert messages.ascii_domain(domain) == sent
