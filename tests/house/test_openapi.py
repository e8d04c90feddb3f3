"""The description of the API says what its routes take."""

import pytest
from flask import Flask
from flask_openapi.utils import parse_rule

LEDGER = {"consume_mine", "consume", "reserve", "commit", "release", "refund"}


@pytest.fixture
def paths(client):
    return client.get("/api/openapi.json").get_json()["paths"]


def key_of(operation):
    named = [one for one in operation.get("parameters", ()) if one["name"] == "Idempotency-Key"]
    assert len(named) <= 1
    return {one["in"]: one["required"] for one in named}


def test_every_view_that_heeds_a_key_says_so(shared_app: Flask, paths):
    required = set()
    for rule in shared_app.url_map.iter_rules():
        operations = paths.get(parse_rule(rule.rule), {})
        use = getattr(shared_app.view_functions[rule.endpoint], "key_use", None)
        for method in rule.methods & {name.upper() for name in operations}:
            said = key_of(operations[method.lower()])
            assert said == ({} if use is None else {"header": use == "required"}), rule.rule
            required |= {rule.endpoint} if said.get("header") else set()
    assert required == {f"entitlements_api.{name}" for name in LEDGER}


def test_whoever_reads_a_key_declares_it(paths):
    consume = paths["/api/entitlements/users/{holder_id}/consume"]["post"]
    assert key_of(consume) == {"header": True}
    assert "unique across the tenant" in consume["description"]
    checking = paths["/api/entitlements/users/{holder_id}/check-access"]["post"]
    assert key_of(checking) == {}
    granting = paths["/api/entitlements/users/{holder_id}/grant"]["post"]
    assert key_of(granting) == {"header": False}


def test_to_delete_takes_no_body(paths):
    place = paths["/api/entitlements/users/{holder_id}/features/{feature_name}"]
    assert place["delete"]["requestBody"].get("required", False) is False
    assert paths["/api/entitlements/me/consume"]["post"]["requestBody"]["required"] is True
