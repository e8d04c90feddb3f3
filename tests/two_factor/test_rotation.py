"""A new data key: everything is sealed anew, a stopped run goes on, a lost key is reported."""

import base64
import itertools
import json

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditStream, StreamFormat, StreamKind
from portal.audit.streaming.streams import StreamTerms, add_stream, secrets_of
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.sealing import key_id, seal, unseal
from portal.mail.bodies import open_body
from portal.mail.models import EmailLog
from portal.mail.outbox import queue_mail
from portal.operations.health import readiness
from portal.staff.models import Admin
from portal.two_factor import rotation
from portal.two_factor.authenticators import opened_secret, sealed_secret
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.rotation import rotate_data_keys
from portal.two_factor.totp import new_secret
from portal.web.idempotency import SEALED
from portal.web.models import IdempotencyKey
from tests.conftest import make_app
from tests.ledger import events

PEOPLE = 1000
KEYS = {
    name: f"{name}:{base64.b64encode(bytes(range(i, i + 32))).decode()}"
    for i, name in enumerate(("k1", "k2"))
}


@pytest.fixture
def apps(database, tmp_path):
    """The same database under the old key, under both, and under the new one alone."""
    url = database.clone()
    choices = {"old": KEYS["k1"], "both": f"{KEYS['k2']},{KEYS['k1']}", "new": KEYS["k2"]}
    found = {name: make_app(url, tmp_path, DATA_KEYS=keys) for name, keys in choices.items()}
    yield found
    for app in found.values():
        with app.app_context():
            db.engine.dispose()


def seal_a_thousand(app) -> dict[int, str]:
    secrets = {number: new_secret() for number in range(1, PEOPLE + 1)}
    now = clock.now()
    with app.app_context():
        people = [
            {
                "id": n,
                "email": f"p{n}@x.test",
                "email_key": f"p{n}@x.test",
                "name": "P",
                "role": "finance",
                "created_at": now,
            }
            for n in secrets
        ]
        db.session.execute(sa.insert(Admin), people)
        factors = []
        for number, secret in secrets.items():
            sealed = sealed_secret(secret, number)
            factors.append(
                {
                    "admin_id": number,
                    "secret_sealed": sealed,
                    "key_id": key_id(sealed),
                    "enabled_at": now,
                }
            )
        db.session.execute(sa.insert(TwoFactorAuth), factors)
        queue_mail(
            by=SYSTEM, to="p1@x.test", template="factor_added", context={"name": "P", "ip": "::1"}
        )
        terms = StreamTerms(
            "SIEM", StreamKind.WEBHOOK, "https://siem.example.com/in", StreamFormat.OCSF
        )
        add_stream(by=SYSTEM, terms=terms, from_beginning=True)
        answer = SEALED + seal(b"kept", purpose="idempotency_keys.answer:1")
        place = {"caller": "api_token:1", "route": "/x", "key": "k", "body_sha256": bytes(32)}
        db.session.add(IdempotencyKey(id=1, answer=answer, status=201, created_at=now, **place))
        db.session.commit()
    return secrets


@pytest.fixture
def stopping(monkeypatch):
    """Kill the run at its 700th secret, once."""
    calls, reseal = itertools.count(), rotation.sealed_secret
    monkeypatch.setattr(
        rotation, "sealed_secret", lambda *a: stop() if next(calls) == 700 else reseal(*a)
    )


def rotated():
    return {found.table: (found.resealed, found.failed) for found in rotate_data_keys()}


def test_a_run_that_stopped_halfway_is_finished_by_the_next(apps, stopping):
    secrets = seal_a_thousand(apps["old"])
    with apps["both"].app_context():
        with pytest.raises(KeyboardInterrupt):
            rotate_data_keys()
        db.session.rollback()
        rest = {"two_factor_auth": 500, "email_logs": 1, "audit_streams": 1}
        rest |= {"two_factor_enrolments": 0, "idempotency_keys": 1}
        assert rotated() == {table: (count, 0) for table, count in rest.items()}
        assert set(rotated().values()) == {(0, 0)}
        assert len(events(Action.DATA_KEYS_ROTATED)) == 2
    with apps["new"].app_context():
        rows = db.session.scalars(sa.select(TwoFactorAuth)).all()
        opened = {row.admin_id: opened_secret(row.secret_sealed, row.admin_id) for row in rows}
        assert opened == secrets
        assert b"Subject" in open_body(db.session.scalars(sa.select(EmailLog)).one())
        (signing,) = secrets_of(db.session.scalars(sa.select(AuditStream)).one())
        assert signing.startswith(b"bos_")
        answer = db.session.scalars(sa.select(IdempotencyKey)).one().answer
        assert unseal(answer.removeprefix(SEALED), purpose="idempotency_keys.answer:1") == b"kept"


def stop():
    raise KeyboardInterrupt


def test_rows_of_a_lost_key_are_counted_and_end_the_command_with_1(apps):
    seal_a_thousand(apps["old"])
    with apps["new"].app_context():
        done = rotated()
        assert done["two_factor_auth"] == (0, PEOPLE)
        assert {done[table] for table in done if "factor" not in table} == {(0, 1)}
    result = apps["new"].test_cli_runner().invoke(args=["keys", "rotate-data"])
    assert result.exit_code == 1
    assert "1000 failed" in result.output


def test_a_clean_run_ends_with_0(apps):
    result = apps["both"].test_cli_runner().invoke(args=["keys", "rotate-data"])
    assert result.exit_code == 0


def test_what_no_key_opens_is_given_up_on_demand_but_for_second_factors(apps):
    seal_a_thousand(apps["old"])
    result = apps["new"].test_cli_runner().invoke(args=["keys", "rotate-data", "--give-up"])
    assert (result.exit_code, result.output.count("1 given up")) == (1, 3)
    assert "two_factor_auth: 0 sealed anew, 1000 failed\n" in result.output
    with apps["new"].app_context():
        assert open_body(db.session.scalars(sa.select(EmailLog)).one()) is None
        stream = db.session.scalars(sa.select(AuditStream)).one()
        assert len(secrets_of(stream)) == 1
        assert stream.pause_reason.endswith("then resume.")
        assert len(events(Action.STREAM_PAUSED)) == 1
        (rotation_event,) = events(Action.DATA_KEYS_ROTATED)
        assert json.loads(rotation_event.canonical)["meta"]["given_up"] == 3
        db.session.execute(sa.delete(TwoFactorAuth))
        db.session.commit()
        assert set(rotated().values()) == {(0, 0)}
        assert readiness().keys
