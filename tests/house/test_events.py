"""Every change leaves its event, and no secret leaves a trace."""

import pytest
import sqlalchemy as sa
from flask import Flask, request_started
from werkzeug.test import TestResponse

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.web.access import SAFE_METHODS
from tests.house.drives import DRIVES, Stage
from tests.two_factor.conftest import moment  # noqa: F401 - a fixture

CANARY = "Canary-Xq7vL2mR9tKp4wZs-Canary"
SECRET_FIELDS = (
    "password",
    "current_password",
    "new_password",
    "totp_code",
    "backup_code",
    "sudo_totp_code",
    "sudo_backup_code",
    "sudo_password",
    "token",
    "csrf_token",
)


@pytest.fixture
def stage(app, moment, ann, bea):  # noqa: F811
    return Stage(app, ann, bea)


def dump() -> str:
    """Every value of every table, as text."""
    rows = []
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            rows += [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in row]
    return "\n".join(rows)


def event_ids() -> set[str]:
    return set(db.session.scalars(sa.select(AuditEvent.id)))


def driven(stage, endpoint) -> tuple[TestResponse, list[AuditEvent]]:
    """The answer of the last request of the drive, and the declared events that it left."""
    before: list[set[str]] = []

    def look(*_, **__):
        before.append(event_ids())
        db.session.remove()

    with request_started.connected_to(look, stage.app):
        answer = DRIVES[endpoint](stage)
    declared = {str(a) for a in stage.app.view_functions[endpoint].audited_actions}
    new = AuditEvent.id.in_(event_ids() - before[-1])
    found = db.session.scalars(sa.select(AuditEvent).where(new)).all()
    return answer, [event for event in found if event.action in declared]


def audited(app: Flask):
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if hasattr(app.view_functions[rule.endpoint], "audited_actions")
    }


def test_every_view_that_leaves_an_event_is_driven(shared_app: Flask):
    assert audited(shared_app) == set(DRIVES)


@pytest.mark.parametrize("endpoint", sorted(DRIVES))
def test_a_change_leaves_its_event_and_no_secret(stage, endpoint, caplog, capfd):
    """The event says who did it, from where and by which request."""
    answer, left = driven(stage, endpoint)
    assert answer.status_code < 400, answer.text
    assert left, "no event"
    origins = [(event.request_id, event.ip, event.actor_label) for event in left]
    assert all(all(origin) for origin in origins), origins
    kept = dump() + caplog.text + "".join(capfd.readouterr())
    assert [secret for secret in stage.secrets if secret in kept] == []


def test_a_canary_in_every_secret_field_leaves_no_trace(stage, caplog, capfd):
    fields = dict.fromkeys(SECRET_FIELDS, CANARY)
    for rule in stage.app.url_map.iter_rules():
        methods = set(rule.methods or ()) - SAFE_METHODS
        with stage.app.test_request_context():
            samples = {"token": CANARY, "role": "manager", "filename": "favicon.svg"}
            samples |= {"scope": "user", "way": "next", "verb": "watch", "field": "priority"}
            values = {name: samples.get(name, 1) for name in rule.arguments}
            url = stage.app.url_for(rule.endpoint, **values)
        for client in (stage.here, stage.halfway, stage.visitor):
            client.get(url).close()
            for method in methods:
                if url.startswith("/api/"):
                    client.call(method, url, {k: v for k, v in fields.items() if k != "csrf_token"})
                else:
                    token = {"csrf_token": client.form_token()}
                    client.open(url, method=method, data=fields | token)
                client.open(url, method=method, data=fields)
    kept = dump() + caplog.text + "".join(capfd.readouterr())
    assert CANARY not in kept
