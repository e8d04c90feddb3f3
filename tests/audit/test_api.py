"""The ledger over JSON: filters, pages, whose events, and what is refused."""

import pytest

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from portal.customers.tokens import issue_service_token
from tests.audit.log_cast import put
from tests.cast import actor
from tests.ledger import events
from tests.statements import counted

ROUTES = ("admin-actions", "auth-events", "admin-logins")
ADMIN = "/api/audit/admin-actions"


def found(client, url=ADMIN, **query):
    answer = client.get(url, query_string={key.rstrip("_"): value for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.get_json()["items"]]


@pytest.fixture
def program(app, ann):
    """A client with a service token that reads the ledger."""

    def make(*scopes):
        text = issue_service_token(by=actor(ann), name="siem", scopes=scopes).text
        db.session.commit()
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        return client

    return make


def test_an_event_is_given_as_it_was_recorded_and_in_words(mo_client, ann):
    event = put(ann, "2026-03-01 09:00", reason="why", changes={"a": (1, 2)})
    answer = mo_client.get(ADMIN, query_string={"action": "staff.invited"}).get_json()
    item = answer["items"][0]
    assert (item["id"], item["occurred_at"]) == (event, "2026-03-01T09:00:00.000000Z")
    assert item["actor"] == {"type": "admin", "id": ann.id, "label": ann.email, "role": "admin"}
    assert item["changes"] == [{"field": "a", "old": 1, "new": 2}]
    assert (item["words"], answer["next_cursor"]) == ("invited Bea Agent", None)
    assert mo_client.get(f"{ADMIN}/{event}").get_json() == item


def test_each_route_gives_its_own_stream(mo_client, ann):
    actions = (Action.STAFF_INVITED, Action.TOTP_ENABLED, Action.SESSION_OPENED)
    made = [put(ann, "2026-03-01 09:00", action=action) for action in actions]
    for route, event in zip(ROUTES, made, strict=True):
        assert found(mo_client, f"/api/audit/{route}", to="2026-03-01") == [event]
    assert mo_client.get(f"{ADMIN}/{made[1]}").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("actor", "ann@boxcostpro.test", "bea@boxcostpro.test"),
        ("action", "staff.invited", "staff.joined"),
        ("outcome", "success", "denied"),
        ("target_type", "staff", "tenant"),
        ("target_id", "7", "8"),
        ("ip", "203.0.113.9", "203.0.113.8"),
        ("from", "2026-03-01", "2026-03-02"),
        ("from", "2026-03-01T10:00:00+01:00", "2026-03-01T09:00:01Z"),
        ("to", "2026-03-01", "2026-02-28"),
        ("to", "2026-03-01T09:00:01Z", "2026-03-01T09:00:00Z"),
        ("q", "bea age", "zed"),
        ("severity", "notice", "info"),
        ("request_id", "r-1", "r-2"),
    ],
)
def test_a_filter_narrows(mo_client, ann, name, value, other):
    set_provenance(Provenance(ip="203.0.113.9", request_id="r-1"))
    event = put(ann, "2026-03-01 09:00")
    set_provenance(Provenance())
    assert event in found(mo_client, **{name: value})
    assert event not in found(mo_client, **{name: other})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", "staff.exploded"),
        ("outcome", "maybe"),
        ("ip", "300.1.1.1"),
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("to", "9999-12-31"),
        ("limit", "101"),
        ("limit", "x"),
        ("q", "a\x00b"),
        ("tenant_id", "0"),
        ("request_id", "a b"),
    ],
)
def test_a_bad_filter_is_named(mo_client, name, value):
    answer = mo_client.get(ADMIN, query_string={name: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == [name]


def test_a_span_that_ends_before_it_begins_is_refused(mo_client):
    answer = mo_client.get(ADMIN, query_string={"from": "2026-03-02", "to": "2026-03-01"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.get_json()["errors"]] == ["to"]


def test_pages_go_on_by_their_cursor(mo_client, ann):
    made = [put(ann, "2026-03-01 09:00") for _ in range(5)]
    query, pages = {"limit": 2, "action": "staff.invited"}, []
    while True:
        answer = mo_client.get(ADMIN, query_string=query).get_json()
        pages.append([item["id"] for item in answer["items"]])
        if answer["next_cursor"] is None:
            break
        query["cursor"] = answer["next_cursor"]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sorted(id_ for page in pages for id_ in page) == sorted(made)
    assert mo_client.get(ADMIN, query_string={"cursor": "x"}).status_code == 400


def test_an_agent_gets_their_own_events_alone(bea_client, bea, ann):
    hers, other = put(bea, "2026-03-01 09:00"), put(ann, "2026-03-01 09:00")
    assert found(bea_client, action="staff.invited") == [hers]
    assert found(bea_client, actor=ann.email) == []
    assert bea_client.get(f"{ADMIN}/{other}").status_code == 404


def test_a_program_reads_with_its_scope_and_not_without(program, ann, client):
    event = put(ann, "2026-03-01 09:00")
    reader, other = program("audit:read"), program("customers:read")
    assert event in found(reader, action="staff.invited")
    assert reader.get(f"{ADMIN}/{event}").status_code == 200
    assert {other.get(f"/api/audit/{route}").status_code for route in ROUTES} == {403}
    assert {client.get(f"/api/audit/{route}").status_code for route in ROUTES} == {401}


def test_reading_by_a_program_is_noted_once_in_five_minutes(program):
    reader = program("audit:read")
    for _ in range(3):
        reader.get(ADMIN)
    noted = events(Action.AUDIT_SEARCHED)
    assert [(event.actor_type, event.target_id) for event in noted] == [
        ("api_token", "admin-actions")
    ]


def test_a_page_is_a_fixed_number_of_statements(mo_client, ann):
    mo_client.get(ADMIN)
    for _ in range(9):
        put(ann, "2026-03-01 09:00")
    with counted() as statements:
        mo_client.get(ADMIN)
    assert len(statements) <= 3, "\n".join(statements)


def test_the_description_names_every_filter(client):
    paths = client.get("/api/openapi.json").get_json()["paths"]
    names = {one["name"] for one in paths[ADMIN]["get"]["parameters"]}
    contract = {"actor", "action", "outcome", "target_type", "target_id", "ip", "from", "to", "q"}
    assert contract | {"cursor", "limit"} <= names
    assert f"{ADMIN}/{{event_id}}" in paths
