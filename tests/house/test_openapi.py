"""The description of the API says what its routes take."""

import sys
from collections import defaultdict
from enum import Enum
from typing import get_args

import pytest
from flask import Flask
from flask_openapi.utils import parse_rule
from pydantic import BaseModel

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


def models_of(module):
    return {
        name: found
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, BaseModel)
    }


def enums_of(model):
    return {found for field in model.model_fields.values() for found in enums_in(field.annotation)}


def enums_in(annotation):
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    for part in get_args(annotation):
        yield from enums_in(part)


def test_no_two_models_of_the_description_share_a_name(client):
    """The description knows a model or an enum by its name alone: another would take its place."""
    described = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    rooms = [module for name, module in sys.modules.items() if name.startswith("portal.")]
    found = defaultdict(set)
    for module in rooms:
        for name, model in models_of(module).items():
            found[name].add(model)
            for enum in enums_of(model):
                found[enum.__name__].add(enum)
    assert {name for name in described if len(found[name]) > 1} == set()


def refs_of(part):
    if isinstance(part, dict):
        yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else ()
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from refs_of(one)


def test_every_reference_of_the_description_leads_somewhere(client):
    document = client.get("/api/openapi.json").get_json()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(refs_of(document)) - known == set()


def test_every_operation_says_how_it_answers_when_it_succeeds(paths):
    silent = [
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not {status for status in operation["responses"] if status.startswith("2")}
    ]
    assert silent == []


def test_every_operation_says_who_may_call_it(paths):
    assert paths["/api/admin/auth/csrf"]["get"]["security"] == []
    by_session = {"session": [], "form_token": []}
    assert paths["/api/admin/2fa/verify"]["post"]["security"] == [by_session]
    assert paths["/api/admin/2fa/disable"]["post"]["security"] == [by_session]
    assert paths["/api/coupons"]["post"]["security"] == [{"token": []}, by_session]
    assert paths["/api/coupons"]["get"]["security"] == [{"token": []}, {"session": []}]


def test_the_description_names_the_cookie_that_opens_a_session(client):
    schemes = client.get("/api/openapi.json").get_json()["components"]["securitySchemes"]
    assert schemes["session"] == {"type": "apiKey", "in": "cookie", "name": "portal_session"}
