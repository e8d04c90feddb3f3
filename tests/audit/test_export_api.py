"""Evidence over JSON: what a program of ours asks for is what the page hands out."""

import json

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.customers.tokens import issue_service_token
from tests.audit.bundling import check, files_of, manifest_of
from tests.audit.growing import happen
from tests.cast import actor, make_admin, signed_in, sudo_until, trusted
from tests.ledger import events

URL = "/api/audit/export"


@pytest.fixture
def here(app, mo):
    """Mo's program, which just proved whose it is, over a ledger with events of two kinds."""
    happen(4)
    happen(3, action=Action.DEMO_SEEDED)
    return trusted(app, mo)


def test_the_bundle_holds_what_fits_and_its_export_is_in_the_log(here, mo, tmp_path):
    answer = here.call("POST", URL, {"action": "demo.seeded", "log": "admin-actions"})
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    manifest = manifest_of(answer.data)
    assert (manifest["events"], manifest["query"]["action"]) == (3, "demo.seeded")
    assert check(tmp_path, answer.data).faults == []
    (event,) = events(Action.AUDIT_EXPORTED)
    body = json.loads(event.canonical)
    assert (event.actor_id, body["meta"]["leaves"], event.request_id is None) == (mo.id, 3, False)
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="audit-{event.id[:8]}-selection.zip"'
    )


@pytest.mark.parametrize("kind", ["range", "range_with_hashes"])
def test_a_whole_period_is_asked_for_by_its_leaves(here, tmp_path, kind):
    answer = here.call(
        "POST", URL, {"kind": kind, "first": 1, "last": 5, "since": 2, "outcome": "success"}
    )
    manifest = manifest_of(answer.data)
    assert (manifest["first"], manifest["last"]) == (1, 5)
    assert "consistency.json" in files_of(answer.data)
    assert check(tmp_path, answer.data).faults == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "everything"}, "kind"),
        ({"first": 3}, "first"),
        ({"kind": "range", "first": -1}, "first"),
        ({"kind": "range", "since": 999}, "since"),
        ({"action": "staff.exploded"}, "action"),
        ({"log": "nowhere"}, "log"),
        ({"ip": "300.1.1.1"}, "ip"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"actoin": "staff.invited"}, "actoin"),
    ],
)
def test_what_makes_no_sense_is_named_and_exports_nothing(here, body, field):
    answer = here.call("POST", URL, body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]
    assert events(Action.AUDIT_EXPORTED) == []


def test_a_period_of_nothing_is_refused(here):
    answer = here.call("POST", URL, {"kind": "range", "to": "1999-01-01"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")
    assert events(Action.AUDIT_EXPORTED) == []


def test_it_asks_for_proof_first(mo_client):
    answer = mo_client.call("POST", URL, {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "sudo_required")
    assert events(Action.AUDIT_EXPORTED) == []


@pytest.mark.parametrize("role", ["support_agent", "finance", "marketing"])
def test_no_other_role_exports(app, role):
    client = signed_in(app, make_admin("Cy Outsider", role), sudo_until=sudo_until())
    answer = client.call("POST", URL, {})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "permission_denied")
    assert events(Action.AUDIT_EXPORTED) == []


def test_a_program_that_reads_the_log_takes_no_evidence_out(app, ann):
    text = issue_service_token(by=actor(ann), name="siem", scopes=["audit:read"]).text
    db.session.commit()
    answer = app.test_client().post(URL, json={}, headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "permission_denied")


def test_the_description_says_what_comes(client):
    operation = client.get("/api/openapi.json").get_json()["paths"][URL]["post"]
    assert list(operation["responses"]["200"]["content"]) == ["application/zip"]
