"""The log in the words of others: OCSF and ECS, with nothing lost."""

import json

import pytest

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.streaming.ecs import ecs
from portal.audit.streaming.ocsf import kind_of, milliseconds, ocsf
from portal.core.actor import Actor, ActorType

ANN = Actor(ActorType.ADMIN, 7, "ann@boxcostpro.test", "admin")


def body_of(action, **more):
    event = record(action, by=ANN, target=Target("admin", 8, "Bea"), tenant_id=3, **more)
    return json.loads(event.canonical)


@pytest.mark.parametrize(
    ("action", "class_uid", "activity"),
    [
        ("session.opened", 3002, 1),
        ("session.closed", 3002, 2),
        ("session.password_accepted", 3002, 6),
        ("staff.joined", 3001, 1),
        ("staff.enabled", 3001, 2),
        ("password.changed", 3001, 3),
        ("password.reset", 3001, 4),
        ("staff.disabled", 3001, 5),
        ("user.erased", 3001, 6),
        ("totp.enabled", 3001, 10),
        ("totp.reset", 3001, 11),
        ("entitlement.granted", 3005, 1),
        ("entitlement.revoked", 3005, 2),
        ("tenant.created", 6003, 1),
        ("user.exported", 6003, 2),
        ("customer.pii_unmasked", 6003, 2),
        ("policy.changed", 6003, 3),
        ("saved_view.removed", 6003, 4),
        ("ticket.breached", 6003, 99),
    ],
)
def test_each_action_has_its_class_and_activity(action, class_uid, activity):
    assert kind_of(action) == (class_uid, activity)


def test_ids_of_a_type_follow_from_class_and_activity(app):
    told = ocsf(body_of(Action.TOTP_RESET), leaf_index=9, origin="log/1")
    assert (told["class_uid"], told["category_uid"], told["type_uid"]) == (3001, 3, 300111)
    assert (told["severity_id"], told["status_id"]) == (5, 1)
    assert told["metadata"]["sequence"] == 9
    assert told["actor"]["user"]["uid"] == "7"
    assert told["user"]["uid"] == "8"


@pytest.mark.parametrize("action", list(Action))
def test_every_action_can_be_told_in_both_and_loses_nothing(app, action):
    body = body_of(action)
    in_ocsf = json.loads(json.dumps(ocsf(body, leaf_index=0, origin="log/1")))
    in_ecs = json.loads(json.dumps(ecs(body, leaf_index=0, origin="log/1")))
    assert (in_ocsf["unmapped"], in_ecs["portal"]) == (body, body)
    assert in_ocsf["type_uid"] == in_ocsf["class_uid"] * 100 + in_ocsf["activity_id"]
    assert in_ecs["event"]["outcome"] == "success"


def test_times_are_milliseconds_of_the_epoch():
    assert milliseconds("2026-01-02T03:04:05.678999Z") == 1767323045678


def test_an_event_by_nobody_about_nothing_can_be_told(app):
    body = {**body_of(Action.ACCESS_DENIED), "actor": None, "target": None, "meta": None}
    assert ocsf(body, leaf_index=0, origin="log/1")["resources"] == []
    assert ecs(body, leaf_index=0, origin="log/1")["user"]["id"] is None
