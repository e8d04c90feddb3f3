"""The log of entitlements: every change with old and new value, found by what it is about."""

import json

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.database import db
from portal.entitlements.facts import Effect
from portal.entitlements.logs import LogFilters, entitlement_log
from portal.entitlements.revoking import revoke_feature
from tests.cast import actor, make_tenant, make_user
from tests.entitlements.granting import REPORTS, Desk, days

LOGS = "/api/entitlements/logs"


@pytest.fixture
def story(desk):
    """Granted, limited, taken back; and something of another tenant's."""
    desk.grant(reason="asked")
    desk.grant(quota_limit=9)
    revoke_feature(by=desk.by, user=desk.user, feature_name=REPORTS, reason="left")
    desk.grant_all("api_access", effect=Effect.DISABLE)
    birch = make_tenant("Birch")
    Desk(desk.by, make_user(birch), birch).grant("api_access")
    return desk


def asked(client, **query):
    answer = client.get(LOGS, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["items"]


def test_each_change_is_told_with_old_and_new_value_who_and_why(ann_client, story):
    last, middle, first = asked(ann_client, user_id=story.user.id)
    assert [entry["action"] for entry in (first, middle, last)] == [
        "entitlement.granted",
        "entitlement.granted",
        "entitlement.revoked",
    ]
    assert (first["old_value"], first["new_value"]["effect"]) == (None, "enable")
    assert middle["old_value"]["quota_limit"] is None
    assert middle["new_value"]["quota_limit"] == 9
    assert (last["old_value"]["quota_limit"], last["new_value"]) == (9, None)
    assert [first["reason"], middle["reason"], last["reason"]] == ["asked", "not given", "left"]
    assert {entry["admin"] for entry in (first, middle, last)} == {story.by.label}


def test_an_entry_says_what_it_is_about(ann_client, story):
    entry = asked(ann_client, user_id=story.user.id)[-1]
    assert entry["entity_type"] == "user_entitlement"
    assert isinstance(entry["entity_id"], int)
    assert entry["user_id"] == story.user.id
    assert entry["tenant_id"] == story.tenant.id
    assert entry["feature_name"] == REPORTS
    assert entry["at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5),
        ({"feature_name": "api_access"}, 2),
        ({"action": "entitlement.disabled"}, 1),
        ({"admin": "ann@boxcostpro.test"}, 5),
        ({"admin": "nobody"}, 0),
        ({"feature_name": REPORTS, "action": "entitlement.granted"}, 2),
        ({"from": "2020-01-01"}, 5),
        ({"to": "2020-01-01"}, 0),
        ({"from": "2098-01-01T00:00:00Z"}, 0),
    ],
)
def test_the_log_is_narrowed(ann_client, story, query, count):
    ours = [e for e in asked(ann_client, **query) if e["action"].startswith("entitlement.")]
    assert len(ours) == count


def test_the_log_is_narrowed_by_tenant_and_by_a_persons_number(ann_client, ann, story):
    assert len(asked(ann_client, tenant_id=story.tenant.id)) == 4
    assert len(asked(ann_client, tenant_id=story.tenant.id, admin=ann.id)) == 4


def test_the_day_of_to_is_included(desk):
    desk.grant()
    db.session.commit()
    today = days(0).replace(hour=0, minute=0, second=0, microsecond=0)
    narrow = LogFilters(action="entitlement.granted", since=today, until=today)
    assert entitlement_log(narrow).items == []
    assert len(entitlement_log(LogFilters(action="entitlement.granted", since=today)).items) == 1


@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"limit": 101}, {"limit": 0}, {"user_id": "x"}]
)
def test_a_filter_that_makes_no_sense_is_refused(ann_client, query):
    assert ann_client.get(LOGS, query_string=query).status_code == 422


def test_pages_follow_each_other_without_gap_or_repeat(ann_client, story):
    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": 2, "tenant_id": story.tenant.id, "cursor": cursor}
        page = ann_client.get(LOGS, query_string=query).get_json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert [e["action"].rpartition(".")[2] for e in seen] == [
        "disabled",
        "revoked",
        "granted",
        "granted",
    ]
    assert ann_client.get(LOGS, query_string={"cursor": "nonsense"}).status_code == 400


def test_everybody_of_ours_reads_it_and_no_stranger(client, bea_client, catalog):
    assert bea_client.get(LOGS).status_code == 200
    assert client.get(LOGS).status_code == 401


def test_several_changed_fields_are_an_object_by_field(ann, catalog, app):
    changes = {"level": (1, 2), "price": (None, 2900)}
    meta = {"entity_type": "plan", "entity_id": 3}
    record(
        Action.PLAN_CHANGED,
        by=actor(ann),
        target=Target("plan", 3, "Basic"),
        changes=changes,
        meta=meta,
    )
    db.session.commit()
    entry = entitlement_log(LogFilters(action="plan.changed")).items[0]
    assert entry.old_value == {"level": 1, "price": None}
    assert entry.new_value == {"level": 2, "price": 2900}


def test_the_view_of_the_database_tells_the_same(story):
    rows = db.session.execute(
        sa.text(
            "SELECT feature_name, entity_type, user_id, reason, actor_label, old_value, new_value "
            "FROM entitlement_logs WHERE user_id = :id ORDER BY id"
        ),
        {"id": story.user.id},
    ).all()
    plain = [json.loads(v) if isinstance(v, str) else v for row in rows for v in row[5:]]
    limits = [value and value["quota_limit"] for value in plain]
    assert limits == [None, None, None, 9, 9, None]
    assert {row.feature_name for row in rows} == {REPORTS}
    assert [row.reason for row in rows] == ["asked", "not given", "left"]
    assert {row.actor_label for row in rows} == {story.by.label}


def test_what_happened_later_stands_first(desk):
    desk.grant()
    db.session.commit()
    with time_machine.travel(days(1)):
        desk.grant(effect=Effect.DISABLE)
    log = entitlement_log(LogFilters(user_id=desk.user.id)).items
    assert [entry.action for entry in log] == ["entitlement.disabled", "entitlement.granted"]
