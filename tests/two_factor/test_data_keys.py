"""A data key that is gone or exchanged is told by /readyz, whatever it sealed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import StreamFormat, StreamKind
from portal.audit.streaming.streams import StreamTerms, add_stream, rotate_secret
from portal.config import UnsafeSettings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.sealing import key_id, seal
from portal.mail.models import EmailLog, MailStatus
from portal.mail.outbox import queue_mail
from portal.operations.health import readiness, refuse_keys_that_open_nothing
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.models import Enrolment, TwoFactorAuth
from portal.web.idempotency import SEALED
from portal.web.models import IdempotencyKey
from tests.cast import open_session
from tests.statements import counted, plans_of
from tests.two_factor.conftest import OLD, OTHER, SECRET, give_authenticator


def enrolment(person, **more):
    session = open_session(person)[0]
    sealed = sealed_secret(SECRET, person.id)
    values = {"session_id": session.id, "secret_sealed": sealed, "key_id": key_id(sealed)}
    times = {"created_at": clock.now(), "expires_at": clock.now() + timedelta(minutes=10)}
    db.session.add(Enrolment(admin_id=person.id, **values, **times | more))


def stream():
    terms = StreamTerms("SIEM", StreamKind.WEBHOOK, "https://siem.example.com/", StreamFormat.OCSF)
    return add_stream(by=SYSTEM, terms=terms, from_beginning=True).row


def stream_between_secrets(keyed):
    row = stream()
    keyed(new=OTHER, old=OLD)
    rotate_secret(by=SYSTEM, row=row)


def mail(status=MailStatus.QUEUED):
    queue_mail(
        by=SYSTEM, to="p@x.test", template="factor_added", context={"name": "P", "ip": "::1"}
    )
    db.session.execute(sa.update(EmailLog).values(status=status))


def answer(kept=None):
    sealed = SEALED + (seal(b"kept", purpose="idempotency_keys.answer:1") if kept is None else kept)
    place = {"caller": "api_token:1", "route": "/x", "key": "k", "body_sha256": bytes(32)}
    row = IdempotencyKey(id=1, answer=sealed, status=201, created_at=clock.now(), **place)
    db.session.add(row)


KEPT = {
    "an authenticator": lambda bea, _: give_authenticator(bea),
    "an enrolment": lambda bea, _: enrolment(bea),
    "a stream": lambda *_: stream(),
    "the secret before a stream's": lambda _, keyed: stream_between_secrets(keyed),
    "a mail that waits": lambda *_: mail(),
    "a mail on its way": lambda *_: mail(MailStatus.SENDING),
    "a mail that failed": lambda *_: mail(MailStatus.FAILED),
    "a mail of unknown fate": lambda *_: mail(MailStatus.UNKNOWN),
    "an answer": lambda *_: answer(),
}
OVER = {
    "an enrolment that ended": lambda bea: enrolment(bea, expires_at=clock.now()),
    "a mail that was sent": lambda _: mail(MailStatus.SENT),
    "an answer that was given up": lambda _: answer(kept=b""),
}


def told(client):
    found = client.get("/readyz")
    assert found.status_code == (200 if found.get_json()["keys"] else 503)
    return " ".join(found.get_json().get("advice", ()))


@pytest.mark.parametrize("kept", KEPT)
def test_a_key_that_sealed_anything_of_use_is_missed(client, bea, keyed, kept):
    KEPT[kept](bea, keyed)
    keyed(new=OTHER)
    assert "PORTAL_DATA_KEYS lacks old" in told(client)
    keyed(new=OTHER, old=OLD)
    assert told(client) == ""


@pytest.mark.parametrize("kept", KEPT)
def test_another_key_under_the_same_name_is_noticed(client, bea, keyed, kept):
    KEPT[kept](bea, keyed)
    keyed(new=OTHER, old=bytes(reversed(OLD)))
    assert "the key old does not open" in told(client)


@pytest.mark.parametrize("kept", OVER)
def test_what_nobody_needs_any_more_needs_no_key(client, bea, keyed, kept):
    OVER[kept](bea)
    keyed(new=OTHER)
    assert told(client) == ""


def test_every_lost_key_of_second_factors_is_named(client, bea, cy, keyed):
    give_authenticator(bea)
    keyed(older=OTHER)
    give_authenticator(cy)
    keyed(new=bytes(range(3, 35)))
    assert "lacks old," in told(client)
    assert "lacks older," in told(client)


def test_the_health_page_says_what_to_do(ann_client, bea, keyed):
    give_authenticator(bea)
    keyed(new=OTHER)
    text = ann_client.get("/operations/health").text
    assert "PORTAL_DATA_KEYS lacks old" in text
    assert f"totp|{bea.id}" in text


def damaged(bea, cy):
    give_authenticator(bea)
    give_authenticator(cy)
    found = db.session.get(TwoFactorAuth, bea.id)
    found.secret_sealed = found.secret_sealed[:-1] + bytes([found.secret_sealed[-1] ^ 1])
    db.session.flush()


def test_a_damaged_value_beside_one_that_opens_keeps_nobody_out(client, bea, cy, keyed):
    damaged(bea, cy)
    found = client.get("/readyz")
    assert (found.status_code, found.get_json()["keys"]) == (200, True)
    assert "the key old of PORTAL_DATA_KEYS sealed is damaged" in found.get_json()["warnings"][-1]
    assert "totp" not in found.text
    refuse_keys_that_open_nothing()


def test_the_health_page_names_the_damaged_value(ann_client, bea, cy, keyed):
    damaged(bea, cy)
    text = ann_client.get("/operations/health").text
    assert "Something sealed is damaged." in text
    assert f"totp|{bea.id}" in text
    assert "The data keys do not open everything." not in text


def test_a_key_that_opens_nothing_refuses_a_start(bea, cy, keyed):
    damaged(bea, cy)
    keyed(old=OTHER)
    with pytest.raises(UnsafeSettings, match="the key old does not open"):
        refuse_keys_that_open_nothing()


def test_a_stranger_is_not_told_where_it_shows(client, bea, keyed):
    give_authenticator(bea)
    keyed(new=OTHER)
    assert "totp" not in told(client)


def test_a_probe_costs_as_little_with_many_rows(client, bea, cy, keyed):
    with counted() as before:
        client.get("/readyz")
    for person in (bea, cy):
        give_authenticator(person)
    for _ in range(3):
        mail()
    with counted() as after:
        client.get("/readyz")
    assert len(after) == len(before)


def test_mails_and_answers_are_found_by_an_index(keyed):
    mail()
    answer()
    plans = "\n".join(plans_of(readiness, of_few=True))
    assert "ix_email_logs_status_next_attempt_at" in plans
    assert "ix_idempotency_keys_created_at" in plans
    assert not {"SCAN email_logs", "SCAN idempotency_keys"} & set(plans.splitlines())
    assert "Seq Scan on email_logs" not in plans
