"""The customers API: what the product tells us of tenants and users, once or again."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.customers.tokens import issue_service_token
from tests.cast import actor, make_admin, make_tenant, make_user, signed_in, trusted

TENANTS, USERS = "/api/customers/tenants", "/api/customers/users"
UMA = {"name": "Uma User", "email": "uma@acme.test"}


@pytest.fixture
def program(client, ann):
    """Calls with a service token that may write customers."""
    return caller_with(client, ann, ["customers:write"])


def caller_with(client, ann, scopes):
    token = issue_service_token(by=actor(ann), name="Product", scopes=scopes).text

    def call(method, url, body=None, **headers):
        head = {"Authorization": f"Bearer {token}", **headers}
        return client.open(url, method=method, json=body, headers=head)

    return call


def counts():
    return [
        db.session.scalar(sa.select(sa.func.count()).select_from(model))
        for model in (Tenant, User, AuditEvent)
    ]


def problem(answer):
    found = answer.get_json()
    assert answer.content_type == "application/problem+json"
    return answer.status_code, found["code"], [error["field"] for error in found.get("errors", [])]


def test_a_tenant_is_created_then_changed_then_left_alone(program):
    answers = [
        program("PUT", f"{TENANTS}/acme", {"name": name}) for name in ("Acme", "Acme 2", "Acme 2")
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    found = answers[2].get_json()
    assert found == program("GET", f"{TENANTS}/acme").get_json()
    assert set(found) == {"id", "external_id", "name", "status", "time_zone", "created_at"}
    assert (found["name"], found["status"], found["created_at"][-1]) == ("Acme 2", "active", "Z")


def test_the_same_again_writes_nothing(program):
    program("PUT", f"{TENANTS}/acme", {"name": "Acme"})
    program("PUT", f"{TENANTS}/acme/users/uma", UMA)
    before = counts()
    program("PUT", f"{TENANTS}/acme", {"name": "Acme", "status": "active"})
    program("PUT", f"{TENANTS}/acme/users/uma", {**UMA, "status": "active"})
    assert counts() == before


def test_a_user_is_created_and_changed(program, acme):
    url = f"{TENANTS}/acme/users/uma"
    answers = [program("PUT", url, UMA), program("PUT", url, {**UMA, "status": "inactive"})]
    assert [answer.status_code for answer in answers] == [201, 200]
    found = program("GET", url).get_json()
    assert (found["status"], found["tenant_id"], found["email"]) == (
        "inactive",
        acme.id,
        "uma@acme.test",
    )


def test_another_tenants_user_is_not_found(program, acme, birch):
    make_user(acme)
    assert program("GET", f"{TENANTS}/acme/users/uma").status_code == 200
    assert problem(program("GET", f"{TENANTS}/birch/users/uma")) == (404, "not_found", [])
    assert problem(program("PUT", f"{TENANTS}/cedar/users/uma", UMA))[0] == 404


@pytest.mark.parametrize("name", ["📦👩‍💻", "O'Brien & <Söhne>", "x" * 200, "שלום"])
@pytest.mark.parametrize("external_id", ["ü-1", "a b", "a%2e?#&=+", "🙂", "x" * 128])
def test_any_printable_id_and_name_go_round(program, external_id, name):
    url = f"{TENANTS}/{quote(external_id, safe='')}"
    assert program("PUT", url, {"name": name}).status_code == 201
    found = program("GET", url).get_json()
    assert (found["external_id"], found["name"]) == (external_id, name)


@pytest.mark.parametrize("external_id", ["a/b", "x" * 129, "a\x00b", " a", "\u202ea"])
def test_an_id_that_no_address_can_hold_is_refused(program, external_id, acme):
    for url in (f"{TENANTS}/{quote(external_id, safe='')}", f"{TENANTS}/acme/users/{external_id}"):
        refused = program("PUT", quote(url, safe="/%"), {**UMA})
        assert problem(refused) == (422, "validation_failed", ["external_id"]), url
        assert program("GET", quote(url, safe="/%")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 5000}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"email": None}, "email"),
        ({"status": "asleep"}, "status"),
        ({"within_seats": "yes"}, "within_seats"),
    ],
)
def test_a_field_that_is_not_right_is_named(program, acme, change, field):
    refused = program("PUT", f"{TENANTS}/acme/users/uma", {**UMA, **change})
    assert problem(refused) == (422, "validation_failed", [field])
    assert counts()[1] == 0


def test_a_tenant_is_closed_through_its_status(program, acme):
    answer = program("PUT", f"{TENANTS}/acme", {"name": "Acme", "status": "closed"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "closed")
    refused = program("PUT", f"{TENANTS}/acme/users/new", UMA)
    assert problem(refused) == (409, "conflict", [])


def test_a_plan_is_given_with_the_tenant_and_an_unknown_one_undoes_all(program, catalog):
    body = {"name": "Acme", "plan": "basic"}
    assert program("PUT", f"{TENANTS}/acme", body).status_code == 201
    refused = program("PUT", f"{TENANTS}/birch", {"name": "Birch", "plan": "no such"})
    assert problem(refused) == (422, "validation_failed", ["plan"])
    assert program("GET", f"{TENANTS}/birch").status_code == 404


def test_the_same_plan_again_writes_nothing(program, catalog):
    body = {"name": "Acme", "plan": "basic", "status": "active"}
    program("PUT", f"{TENANTS}/acme", body)
    version, before = sa.select(Tenant.entitlement_version), counts()
    known = db.session.scalar(version)
    assert program("PUT", f"{TENANTS}/acme", body).status_code == 200
    assert (db.session.scalar(version), counts()) == (known, before)


def test_a_repeated_request_is_answered_from_memory(program, acme):
    url, key = f"{TENANTS}/acme/users/uma", {"Idempotency-Key": "k-1"}
    first, again = (program("PUT", url, UMA, **key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert problem(program("PUT", url, {**UMA, "name": "V"}, **key))[:2] == (409, "conflict")


def test_a_program_that_may_only_read_writes_nothing(client, ann, acme):
    call = caller_with(client, ann, ["customers:read"])
    assert call("GET", f"{TENANTS}/acme").status_code == 200
    assert problem(call("PUT", f"{TENANTS}/acme", {"name": "Mine"}))[:2] == (
        403,
        "permission_denied",
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("user", ["jane@roe.test", "jane roe/x"])
def test_neither_the_ledger_nor_the_log_says_who_a_refused_call_was_about(
    client, ann, acme, method, user, capfd
):
    call = caller_with(client, ann, ["customers:read"])
    assert call(method, f"{TENANTS}/acme/users/{quote(user)}", UMA).status_code in {403, 405}
    labels = db.session.scalars(sa.select(AuditEvent.canonical))
    assert [label for label in labels if b"jane" in bytes(label)] == []
    assert "jane" not in capfd.readouterr().err


def test_a_person_calls_with_their_session_and_their_role_counts(app, bea_client, acme):
    assert bea_client.call("PUT", f"{TENANTS}/new", {"name": "New"}).status_code == 201
    refused = bea_client.call("PUT", f"{TENANTS}/acme", {"name": "Acme", "status": "closed"})
    assert problem(refused)[:2] == (403, "permission_denied")
    assert acme.status == "active"


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_a_person_proves_themselves_before_shutting_a_tenant_out(app, mo, acme, status):
    body, unproven = {"name": "Acme", "status": status}, signed_in(app, mo)
    for url in (f"{TENANTS}/acme", f"{TENANTS}/new"):
        refused = unproven.call("PUT", url, body, headers={"Idempotency-Key": "k"})
        assert problem(refused)[:2] == (403, "sudo_required")
    assert (acme.status, counts()[0]) == ("active", 1)
    proven = trusted(app, mo)
    done = proven.call("PUT", f"{TENANTS}/acme", body, headers={"Idempotency-Key": "k"})
    assert done.get_json()["status"] == status
    # The same again, and letting it in again, as on the pages: no danger.
    for harmless in (body, {"name": "Acme", "status": "active"}):
        assert unproven.call("PUT", f"{TENANTS}/acme", harmless).status_code == 200


def test_the_list_comes_in_pages_that_a_change_does_not_disturb(program):
    made = [make_tenant(f"T{number}").external_id for number in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = program("GET", f"{TENANTS}?limit=2&cursor={quote(cursor)}").get_json()
        seen += [item["external_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        program("PUT", f"{TENANTS}/{seen[0]}", {"name": f"Z{len(seen)}"})
    assert seen == made


def test_the_lists_are_narrowed(program, acme, birch):
    make_user(acme)
    make_user(acme, "Vic", status="inactive")
    for url, names in (
        (f"{TENANTS}?q=bi", ["Birch"]),
        (f"{TENANTS}?status=closed", []),
        (f"{USERS}?tenant=acme&status=inactive", ["Vic"]),
        (f"{USERS}?tenant=acme&limit=1", ["Uma User"]),
        (f"{USERS}?tenant=birch", []),
    ):
        assert [item["name"] for item in program("GET", url).get_json()["items"]] == names


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "status=asleep"])
def test_a_query_that_is_not_right_is_refused(program, query):
    assert program("GET", f"{TENANTS}?{query}").status_code == 422


def test_users_are_listed_of_one_known_tenant(program):
    assert problem(program("GET", USERS)) == (422, "validation_failed", ["tenant"])
    assert problem(program("GET", f"{USERS}?tenant=nobody"))[0] == 404


def test_a_rubbish_cursor_is_a_bad_request(program, acme):
    assert problem(program("GET", f"{TENANTS}?cursor=rubbish"))[:2] == (400, "bad_request")


@pytest.mark.race
def test_requests_for_one_new_customer_at_once_leave_one_and_all_succeed(own_app):
    with own_app.app_context():
        ann = make_admin("Ann Admin", Role.ADMIN, is_second_factor_on=True)
        token = issue_service_token(by=actor(ann), name="P", scopes=["customers:write"]).text
        db.session.commit()

    def put(number):
        client, head = own_app.test_client(), {"Authorization": f"Bearer {token}"}
        with own_app.app_context():
            tenant = client.put(f"{TENANTS}/acme", json={"name": "Acme"}, headers=head)
            user = client.put(f"{TENANTS}/acme/users/uma", json=UMA, headers=head)
        return tenant.status_code, user.status_code

    with ThreadPoolExecutor(8) as pool:
        tenants, users = zip(*pool.map(put, range(8)), strict=True)
    assert sorted(tenants) == sorted(users) == [200] * 7 + [201]
