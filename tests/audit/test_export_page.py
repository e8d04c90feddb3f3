"""The page that hands evidence out: who may, what is asked, what is recorded, what is sent."""

import json

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from tests.audit.bundling import check, files_of, manifest_of
from tests.audit.growing import happen
from tests.cast import make_admin, signed_in, sudo_until, trusted
from tests.ledger import events

FILTERED = "/audit/export?action=demo.seeded"


@pytest.fixture
def here(app, mo):
    """Mo's browser, who just proved who they are, over a ledger with events of two kinds."""
    happen(4)
    happen(3, action=Action.DEMO_SEEDED)
    return trusted(app, mo)


def test_the_filters_of_the_log_are_carried_over_and_told(here):
    page = here.soup(f"{FILTERED}&range=7d&log=admin-actions")
    told = page.select_one("main .card").get_text(" ", strip=True)
    assert "filled the portal with demo data" in told
    assert "Last 7 days" in told
    form = page.select_one("main form[method=post]")
    assert form["action"] == "/audit/export?log=admin-actions&action=demo.seeded&range=7d"


def test_a_bundle_comes_as_a_file_and_holds_what_fits(here, tmp_path):
    answer = here.submit(FILTERED, kind="selection")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    manifest = manifest_of(answer.data)
    assert (manifest["events"], manifest["query"]["action"]) == (3, "demo.seeded")
    assert check(tmp_path, answer.data).faults == []


@pytest.mark.parametrize("kind", ["range", "range_with_hashes"])
def test_whole_periods_are_handed_out_too(here, tmp_path, kind):
    answer = here.submit(FILTERED, kind=kind, first="1", last="5", since="2")
    assert (manifest_of(answer.data)["first"], manifest_of(answer.data)["last"]) == (1, 5)
    assert "consistency.json" in files_of(answer.data)
    assert check(tmp_path, answer.data).faults == []


def test_who_exported_what_is_in_the_log(here, mo):
    here.submit(FILTERED, kind="selection")
    (event,) = events(Action.AUDIT_EXPORTED)
    body = json.loads(event.canonical)
    assert (event.actor_id, body["meta"]["leaves"]) == (mo.id, 3)
    assert body["meta"]["query"] == {"action": "demo.seeded", "zone": "UTC"}


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        (FILTERED, {"kind": "nonsense"}),
        (FILTERED, {"kind": "selection", "first": "3"}),
        (FILTERED, {"kind": "range", "first": "-1"}),
        (FILTERED, {"kind": "range", "first": "5", "last": "2"}),
        (FILTERED, {"kind": "range", "since": "999"}),
        ("/audit/export?to=1999-01-01", {"kind": "range"}),
    ],
)
def test_what_makes_no_sense_is_said_and_exports_nothing(here, address, fields):
    assert here.submit(address, **fields).status_code == 422
    assert events(Action.AUDIT_EXPORTED) == []


def test_filters_that_mean_nothing_are_told_instead_of_a_form(here):
    answer = here.get("/audit/export?ip=nowhere")
    assert answer.status_code == 422
    assert "Write an IP address" in answer.text


def test_who_sees_only_their_own_events_exports_nothing(bea_client):
    assert bea_client.get("/audit/export").status_code == 403


def test_it_asks_for_proof_first(mo_client):
    assert mo_client.get("/audit/export").status_code != 200
    db.session.rollback()
    assert events(Action.AUDIT_EXPORTED) == []


@pytest.mark.parametrize("role", ["support_agent", "finance", "marketing"])
def test_no_other_role_exports(app, role):
    client = signed_in(app, make_admin("Cy Outsider", role), sudo_until=sudo_until())
    assert client.get("/audit/export").status_code == 403
