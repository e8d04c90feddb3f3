"""Legal holds: placed and released with a reason and a trace, by admins who proved themselves."""

import pytest

from portal.audit.actions import Action
from portal.audit.holds import AlreadyReleased, Scope, place_hold, release_hold
from portal.audit.models import Hold
from portal.core.database import db
from tests.cast import actor, trusted
from tests.ledger import events


@pytest.fixture
def here(app, ann):
    return trusted(app, ann)


def test_a_hold_is_placed_with_its_reason(here, ann):
    answer = here.submit("/audit/holds", scope="tenant", subject_id="7", reason="Court of X, 12/26")
    assert answer.status_code == 303
    (hold,) = db.session.query(Hold).all()
    assert (hold.scope, hold.subject_id, hold.placed_by) == ("tenant", 7, ann.email)
    (event,) = events(Action.AUDIT_HOLD_PLACED)
    assert (event.target_label, event.tenant_id, event.reason) == ("Tenant 7", 7, hold.reason)


def test_a_hold_is_released_once(here, ann):
    hold = place_hold(by=actor(ann), scope=Scope.EVERYTHING, subject_id=None, reason="Everything")
    db.session.commit()
    assert here.submit(f"/audit/holds/{hold.id}/release").status_code == 303
    assert here.submit(f"/audit/holds/{hold.id}/release").status_code == 409
    (event,) = events(Action.AUDIT_HOLD_RELEASED)
    assert event.target_label == "Everything"
    with pytest.raises(AlreadyReleased):
        release_hold(by=actor(ann), hold_id=hold.id)


def test_holds_that_last_stand_before_those_that_are_over(here, ann):
    for scope in (Scope.USER, Scope.STAFF):
        place_hold(by=actor(ann), scope=scope, subject_id=3, reason="Because")
    db.session.commit()
    release_hold(by=actor(ann), hold_id=db.session.query(Hold).filter_by(scope="staff").one().id)
    db.session.commit()
    rows = here.soup("/audit/holds").select("tr[id^=hold]")
    assert [row.td.get_text() for row in rows] == ["User of a tenant 3", "Person of ours 3"]
    assert len(here.soup("/audit/holds").select("form[action$=release]")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "tenant", "subject_id": "", "reason": "Because"},
        {"scope": "everything", "subject_id": "7", "reason": "Because"},
        {"scope": "tenant", "subject_id": "0", "reason": "Because"},
        {"scope": "nonsense", "subject_id": "7", "reason": "Because"},
        {"scope": "tenant", "subject_id": "7", "reason": "x"},
        {"scope": "tenant", "subject_id": "7", "reason": ""},
    ],
)
def test_an_incomplete_hold_holds_nothing(here, fields):
    assert here.submit("/audit/holds", **fields).status_code == 422
    assert db.session.query(Hold).all() == []


def test_a_hold_that_is_not_there_is_not_found(here):
    assert here.submit("/audit/holds/99/release").status_code == 404


def test_a_manager_places_no_hold(app, mo):
    client = trusted(app, mo)
    assert client.get("/audit/holds").status_code == 403
    answer = client.submit("/audit/holds", scope="everything", subject_id="", reason="Because")
    assert answer.status_code == 403


def test_it_asks_for_proof_first(ann_client):
    assert ann_client.get("/audit/holds").status_code != 200
