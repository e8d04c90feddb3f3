"""Tickets over JSON: opened, found, changed, and who may."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.scopes import Scope
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import Status
from portal.web.times import machine
from tests.cast import make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.desk import answer, make_agent, make_ticket
from tests.support.programs import (
    nobody,
    service_program,
    staff_program,
    user_program,
)

WORDS = {"subject": "The press stopped", "body": "It says E-42."}


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def service(client, ann):
    return service_program(client, ann, "tickets:write")


@pytest.fixture
def person(client, bea):
    return staff_program(client, bea)


def found(number) -> SupportTicket:
    return db.session.query(SupportTicket).filter_by(number=number).one()


def test_a_user_opens_a_ticket_of_their_own(client, ann, uma):
    told = user_program(client, ann, uma).ask("POST", "/tickets", WORDS)
    assert told.status_code == 201, told.text
    row = found(told.get_json()["number"])
    assert (row.requester_id, row.channel, row.status) == (uma.id, "api", "new")
    assert events("ticket.created")[-1].actor_type == "customer"


def test_a_program_that_still_says_normal_is_understood(client, ann, uma):
    api = user_program(client, ann, uma)
    told = api.ask("POST", "/tickets", {**WORDS, "priority": "normal"}).get_json()
    assert (told["priority"], found(told["number"]).priority) == ("medium", "medium")


def test_a_user_names_nobody_as_the_requester(client, ann, uma, birch):
    program, other = user_program(client, ann, uma), make_user(birch, "Otto Other")
    for user_id in (uma.id, other.id, 4711):
        told = program.ask("POST", "/tickets", {**WORDS, "user_id": user_id})
        assert (told.status_code, told.get_json()["code"]) == (403, "permission_denied")
    assert db.session.query(SupportTicket).count() == 0


def test_others_name_the_requester(service, person, uma):
    for program in (service, person):
        body = {**WORDS, "user_id": uma.id, "priority": "high", "category": "billing"}
        told = program.ask("POST", "/tickets", body)
        assert told.status_code == 201, told.text
        shown = told.get_json()
        assert shown["requester"] == {"id": uma.id, "name": uma.name, "email": uma.email}
        assert (shown["priority"], shown["category"]) == ("high", "billing")
        message = db.session.get(SupportMessage, found(shown["number"]).last_public_message_id)
        assert (message.author_type, message.author_user_id) == ("customer", uma.id)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "user_id"),
        ({"user_id": 4711}, "user_id"),
        ({"user_id": "1"}, "user_id"),
        ({"user_id": 2**40}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": 1, "subject": " "}, "subject"),
        ({"user_id": 1, "subject": "x" * 301}, "subject"),
        ({"user_id": 1, "subject": "\x00"}, "subject"),
        ({"user_id": 1, "body": ""}, "body"),
        ({"user_id": 1, "body": "x" * 50_001}, "body"),
        ({"user_id": 1, "body": 5}, "body"),
        ({"user_id": 1, "priority": "now"}, "priority"),
        ({"user_id": 1, "category": "x"}, "category"),
        ({"user_id": 1, "prority": "high"}, "prority"),
    ],
)
def test_a_field_that_is_not_right_is_named(service, uma, more, field):
    body = {**WORDS, **more, **({"user_id": uma.id} if more.get("user_id") == 1 else {})}
    body |= {"user_id": True} if more.get("user_id") is True else {}
    told = service.ask("POST", "/tickets", body)
    assert told.status_code == 422, told.text
    assert [error["field"] for error in told.get_json()["errors"]] == [field]
    assert db.session.query(SupportTicket).count() == 0


def test_half_a_character_is_refused(service, uma):
    told = service.client.post(
        "/api/support/tickets",
        data='{"subject": "\\ud800", "body": "x", "user_id": 1}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {service.token}"},
    )
    assert told.status_code == 400


def test_the_same_request_opens_one_ticket(client, ann, uma):
    program = user_program(client, ann, uma)
    first = program.ask("POST", "/tickets", WORDS, Idempotency_Key="open-1")
    again = program.ask("POST", "/tickets", WORDS, Idempotency_Key="open-1")
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = program.ask("POST", "/tickets", {**WORDS, "body": "!"}, Idempotency_Key="open-1")
    assert (other.status_code, other.get_json()["code"]) == (409, "conflict")
    assert len(program.numbers()) == 1


def test_a_body_that_is_no_json_is_refused(service):
    headers = {"Authorization": f"Bearer {service.token}"}
    for data, kind, status in (("x=1", None, 415), ("{", "application/json", 400)):
        told = service.client.post(
            "/api/support/tickets", data=data, content_type=kind, headers=headers
        )
        assert told.status_code == status


def test_a_ticket_shows_a_program_how_we_work_on_it(service, ticket, bea):
    make_agent(bea)
    answer(ticket, bea)
    told = service.get(f"/tickets/{ticket.number}")
    assert told["assignee"] == {"id": bea.id, "name": "Bea Agent"}
    assert told["tenant"] == {"id": ticket.tenant_id, "name": "Acme"}
    assert (told["version"], told["messages_count"]) == (ticket.version, 2)
    assert service.get(f"/tickets/{ticket.number.lower()}") == told


@pytest.mark.parametrize("number", ["TCK-2026-1", "TCK-2026-999999", "x", "%00", "%ff", "1"])
def test_what_is_not_there_is_404(service, person, number):
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {}),
        ("GET", "/messages", None),
        ("POST", "/messages", {"body": "x"}),
        ("POST", "/assign", {"agent_id": 1}),
    ):
        for program in (service, person):
            told = program.ask(method, f"/tickets/{number}{path}", body)
            assert (told.status_code, told.get_json()["code"]) == (404, "not_found")


def test_a_stranger_gets_nothing(client, ticket):
    for method, path in (
        ("GET", "/tickets"),
        ("POST", "/tickets"),
        ("GET", f"/tickets/{ticket.number}"),
        ("PATCH", f"/tickets/{ticket.number}"),
        ("GET", f"/tickets/{ticket.number}/messages"),
        ("POST", f"/tickets/{ticket.number}/messages"),
        ("POST", f"/tickets/{ticket.number}/assign"),
        ("GET", "/agents"),
        ("GET", "/sla-rules"),
    ):
        assert nobody(client).ask(method, path, {}).status_code == 401


@pytest.mark.parametrize("scope", list(Scope))
def test_a_service_reaches_what_its_scope_names(client, ann, uma, ticket, scope):
    program = service_program(client, ann, scope)
    place = f"/tickets/{ticket.number}"
    reads = ("/tickets", place, f"{place}/messages", "/agents", "/sla-rules")
    may_read = scope in {Scope.TICKETS_READ, Scope.TICKETS_WRITE}
    for path in reads:
        assert program.ask("GET", path).status_code == (200 if may_read else 403)
    told = program.ask("POST", "/tickets", {**WORDS, "user_id": uma.id})
    assert told.status_code == (201 if scope is Scope.TICKETS_WRITE else 403)
    wanted = 200 if scope is Scope.TICKETS_WRITE else 403
    assert program.ask("PATCH", place, {"priority": "low"}).status_code == wanted
    wanted = 201 if scope is Scope.TICKETS_WRITE else 403
    assert program.ask("POST", f"{place}/messages", {"body": "x"}).status_code == wanted


def test_a_signed_in_person_uses_it_too(bea_client, uma):
    told = bea_client.call("POST", "/api/support/tickets", {**WORDS, "user_id": uma.id})
    number = told.get_json()["number"]
    place = f"/api/support/tickets/{number}"
    written = bea_client.call("POST", f"{place}/messages", {"body": "Try again."})
    assert written.get_json()["author"]["name"] == "Bea Agent"
    assert bea_client.post(f"{place}/messages", json={"body": "x"}).status_code == 400
    assert bea_client.get(place).get_json()["status"] == "open"


def test_several_things_change_at_once(service, ticket):
    body = {"status": "pending", "priority": "high", "subject": "E-42", "tags": ["press", "VIP"]}
    told = service.ask("PATCH", f"/tickets/{ticket.number}", body).get_json()
    assert (told["status"], told["priority"], told["subject"]) == ("pending", "high", "E-42")
    assert told["tags"] == ["press", "vip"]
    told = service.ask("PATCH", f"/tickets/{ticket.number}", {"tags": ["other"]}).get_json()
    assert told["tags"] == ["other"]
    assert len(events("ticket.changed")) == 3


def test_a_change_to_an_older_version_is_refused_whole(service, ticket):
    place, version = f"/tickets/{ticket.number}", ticket.version
    assert service.ask("PATCH", place, {"priority": "low", "version": version}).status_code == 200
    told = service.ask("PATCH", place, {"priority": "urgent", "version": version})
    assert (told.status_code, told.get_json()["code"]) == (409, "stale")
    assert service.get(place)["priority"] == "low"


def test_a_refusal_undoes_what_came_before_it(service, ticket):
    body = {"priority": "urgent", "tags": ["two words"]}
    told = service.ask("PATCH", f"/tickets/{ticket.number}", body)
    assert told.status_code == 422
    assert service.get(f"/tickets/{ticket.number}")["priority"] == "medium"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "merged"},
        {"status": "deleted"},
        {"status": "new"},
        {"priority": 1},
        {"tags": "press"},
        {"tags": ["x"] * 21},
        {"version": "1"},
        {"subject": "\n"},
        {"assignee_id": 1},
    ],
)
def test_a_change_that_is_not_right_is_refused(service, ticket, body):
    assert service.ask("PATCH", f"/tickets/{ticket.number}", body).status_code == 422


def test_a_closed_ticket_stays_closed(service, ticket):
    place = f"/tickets/{ticket.number}"
    for status in ("solved", "closed"):
        assert service.ask("PATCH", place, {"status": status}).status_code == 200
    told = service.ask("PATCH", place, {"status": "open"})
    assert (told.status_code, told.get_json()["code"]) == (409, "conflict")


def test_lists_are_narrowed(service, ticket, birch):
    other = make_ticket(make_user(birch, "Otto Other"))
    other.status = Status.PENDING
    assert service.numbers() == [other.number, ticket.number]
    assert service.numbers("?status=new") == [ticket.number]
    assert service.numbers(f"?tenant_id={birch.id}") == [other.number]
    assert service.numbers(f"?user_id={ticket.requester_id}") == [ticket.number]
    assert service.numbers(f"?user_id={ticket.requester_id}&status=pending") == []


def test_a_program_reads_what_changed_since(service, ticket, uma):
    other = make_ticket(uma)
    service.ask("PATCH", f"/tickets/{ticket.number}", {"priority": "high"})
    long_ago = machine(clock.now() - timedelta(days=1))
    assert service.numbers(f"?updated_after={long_ago}") == [other.number, ticket.number]
    assert service.numbers(f"?updated_after={machine(clock.now() + timedelta(hours=1))}") == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=101", 422),
        ("limit=x", 422),
        ("status=nope", 422),
        ("tenant_id=99999999999999999999", 422),
        ("updated_after=yesterday", 422),
        ("updated_after=2026-01-01T00:00:00", 422),
        ("cursor=rubbish", 400),
        ("cursor=%00", 400),
    ],
)
def test_a_query_that_is_not_right_is_refused(service, query, status):
    assert service.ask("GET", f"/tickets?{query}").status_code == status


@pytest.mark.parametrize("query", ["", "&updated_after=2020-01-01T00:00:00Z"])
def test_pages_hold_each_ticket_once(service, uma, query):
    numbers = {make_ticket(uma).number for _ in range(5)}
    seen, cursor = [], ""
    while cursor is not None:
        page = service.get(f"/tickets?limit=2{query}&cursor={quote(cursor)}")
        seen += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (len(seen), set(seen)) == (5, numbers)


def test_a_list_costs_the_same_however_long_it_is(service, client, ann, uma):
    own = user_program(client, ann, uma)
    counts = []
    for _ in range(2):
        make_ticket(uma)
        for program in (service, own):
            program.get("/tickets")
            with counted() as asked:
                program.get("/tickets")
            counts.append(len(asked))
    assert counts == [2, 3, 2, 3]
