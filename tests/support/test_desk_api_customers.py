"""A customer's user over JSON: their own tickets, public messages, and nothing of how we work."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.database import db
from portal.customers.tenants import close_tenant, suspend_tenant
from portal.customers.users import deactivate_user
from portal.support.attachments import Upload
from portal.support.fields import change_status
from portal.support.merging import merge
from portal.support.messages import add_note
from portal.support.models import SupportTicket, TicketParticipant
from portal.support.participants import add_participant
from portal.support.schemas import TicketShape
from portal.support.tagging import change_tags
from portal.support.words import Status
from tests.cast import actor, make_user
from tests.support.desk import answer, make_agent, make_ticket
from tests.support.programs import API, user_program

CANARY = "canary-51c9"


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def ticket(uma):
    return make_ticket(uma)


@pytest.fixture
def hers(client, ann, uma):
    return user_program(client, ann, uma)


@pytest.fixture
def strangers(client, ann, acme, birch):
    """A colleague of Uma's, and somebody of another tenant."""
    people = (make_user(acme, "Carl Colleague"), make_user(birch, "Otto Other"))
    return [user_program(client, ann, person) for person in people]


@pytest.mark.parametrize("left", ["user", "tenant"])
def test_who_has_left_reads_and_writes_no_ticket(hers, ticket, uma, acme, ann, left):
    if left == "user":
        deactivate_user(by=actor(ann), user=uma, reason="left")
    else:
        close_tenant(by=actor(ann), tenant=acme, reason="left")
    db.session.commit()
    place = f"/tickets/{ticket.number}"
    for method, path, body in (
        ("GET", "/tickets", None),
        ("GET", place, None),
        ("GET", f"{place}/messages", None),
        ("POST", f"{place}/messages", {"body": "x"}),
        ("POST", "/tickets", {"subject": "x", "body": "y"}),
    ):
        assert hers.ask(method, path, body).status_code == 403


def test_a_suspended_tenant_may_ask_why(hers, ticket, acme, ann):
    suspend_tenant(by=actor(ann), tenant=acme, reason="not paid")
    db.session.commit()
    assert hers.numbers() == [ticket.number]
    sent = hers.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "Why?"})
    assert sent.status_code == 201


def test_nobody_elses_ticket_exists(strangers, ticket):
    place = f"/tickets/{ticket.number}"
    for program in strangers:
        assert program.numbers() == []
        assert program.numbers(f"?user_id={ticket.requester_id}") == []
        for method, path, body in (
            ("GET", place, None),
            ("PATCH", place, {"status": "solved"}),
            ("GET", f"{place}/messages", None),
            ("POST", f"{place}/messages", {"body": "x"}),
            ("POST", f"{place}/assign", {"agent_id": 1}),
        ):
            told = program.ask(method, path, body)
            missing = program.ask(method, path.replace(ticket.number, "TCK-2026-999999"), body)
            assert told.status_code == missing.status_code == 404
            assert told.get_json()["detail"] == missing.get_json()["detail"]


def test_a_participant_sees_the_ticket_and_writes(client, ann, acme, ticket):
    pia = make_user(acme, "Pia Partner")
    add_participant(by=actor(ann), ticket=ticket, email=pia.email)
    program, place = user_program(client, ann, pia), f"/tickets/{ticket.number}"
    assert program.numbers() == [ticket.number]
    told = program.ask("POST", f"{place}/messages", {"body": "Me, too."})
    assert told.get_json()["author"] == {"type": "customer", "name": "Pia Partner"}
    refused = program.ask("PATCH", place, {"status": "solved"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "permission_denied")


def test_a_user_is_told_nothing_of_how_we_work(hers, ticket, bea):
    make_agent(bea)
    answer(ticket, bea, status=Status.ON_HOLD)
    add_note(by=actor(bea), ticket=ticket, author=bea, body="a note")
    told = hers.get(f"/tickets/{ticket.number}")
    assert set(told) == set(TicketShape.model_fields)
    assert (told["status"], told["messages_count"]) == ("open", 2)
    assert hers.get("/tickets")["items"] == [told]
    assert hers.numbers("?status=open") == [ticket.number]
    assert hers.numbers("?status=on_hold") == []


def test_a_note_does_not_show_as_a_change(hers, ticket, bea):
    before = hers.get(f"/tickets/{ticket.number}")
    later = clock.now() + timedelta(hours=1)
    with clock.standing_at(later):
        add_note(by=actor(bea), ticket=ticket, author=bea, body="a note")
        db.session.commit()
    assert ticket.updated_at == later
    assert hers.get(f"/tickets/{ticket.number}") == before


@pytest.mark.parametrize("status", [Status.SPAM, Status.DELETED])
def test_what_we_put_away_is_not_there(hers, ticket, ann, status):
    change_status(by=actor(ann), ticket=ticket, status=status)
    assert hers.numbers() == []
    assert hers.ask("GET", f"/tickets/{ticket.number}").status_code == 404


def test_a_user_solves_their_ticket_and_changes_nothing_else(hers, ticket):
    place = f"/tickets/{ticket.number}"
    for body in (
        {"status": "closed"},
        {"status": "spam"},
        {"priority": "urgent"},
        {"status": "solved", "priority": "urgent"},
        {"subject": "x"},
        {"tags": []},
    ):
        told = hers.ask("PATCH", place, body)
        assert (told.status_code, told.get_json()["code"]) == (403, "permission_denied")
    assert hers.ask("PATCH", place, {"status": "solved"}).get_json()["status"] == "solved"
    db.session.expire_all()
    assert (ticket.status, ticket.priority) == ("solved", "medium")


def test_a_user_cannot_guess_the_version_that_counts_our_notes(hers, ticket):
    place = f"/tickets/{ticket.number}"
    for version in (ticket.version, ticket.version + 1):
        for body in ({"version": version}, {"version": version, "status": "solved"}):
            told = hers.ask("PATCH", place, body)
            assert (told.status_code, told.get_json()["code"]) == (403, "permission_denied")


def test_a_closed_ticket_is_not_solved_again(hers, ticket):
    ticket.status, ticket.is_open = Status.CLOSED, False
    told = hers.ask("PATCH", f"/tickets/{ticket.number}", {"status": "solved"})
    assert (told.status_code, told.get_json()["code"]) == (409, "conflict")


def test_a_user_writes_no_note_and_assigns_nobody(hers, ticket, bea):
    make_agent(bea)
    place = f"/tickets/{ticket.number}"
    told = hers.ask("POST", f"{place}/messages", {"body": "x", "is_internal": True})
    assert (told.status_code, told.get_json()["code"]) == (403, "permission_denied")
    assert hers.ask("POST", f"{place}/assign", {"agent_id": bea.id}).status_code == 403
    for path in ("/agents", "/sla-rules"):
        assert hers.ask("GET", path).status_code == 403
    assert (ticket.message_count, ticket.assignee_id) == (1, None)


def test_what_they_write_reopens_the_ticket(hers, ticket, bea):
    answer(ticket, bea, status=Status.SOLVED)
    told = hers.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "It is back."})
    assert (told.status_code, told.get_json()["ticket_number"]) == (201, ticket.number)
    db.session.expire_all()
    assert (ticket.status, ticket.is_unread) == ("open", True)


def test_what_they_write_to_a_closed_ticket_goes_on_in_a_new_one(hers, ticket):
    ticket.status, ticket.is_open = Status.CLOSED, False
    told = hers.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "It is back."})
    number = told.get_json()["ticket_number"]
    assert number != ticket.number
    assert hers.get(f"/tickets/{number}")["subject"] == ticket.subject


def test_what_they_write_to_a_merged_ticket_goes_where_it_went(hers, ticket, uma, ann):
    target = make_ticket(uma)
    merge(by=actor(ann), source=ticket, target=target)
    told = hers.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "And?"})
    assert told.get_json()["ticket_number"] == target.number
    shown = hers.get(f"/tickets/{ticket.number}")
    assert (shown["status"], shown["merged_into"]) == ("closed", target.number)
    assert ticket.number in hers.numbers("?status=closed")


def test_the_same_message_sent_twice_stands_once(hers, ticket):
    place, body = f"/tickets/{ticket.number}/messages", {"body": "And?"}
    first = hers.ask("POST", place, body, Idempotency_Key="say-1")
    again = hers.ask("POST", place, body, Idempotency_Key="say-1")
    assert again.get_json() == first.get_json()
    assert [item["body"] for item in hers.get(place)["items"]] == ["It says E-42.", "And?"]


def test_two_users_may_choose_the_same_key(hers, client, ann, acme, ticket):
    other = user_program(client, ann, make_user(acme, "Carl Colleague"))
    body = {"subject": "One", "body": "x"}
    for program in (hers, other):
        assert program.ask("POST", "/tickets", body, Idempotency_Key="k").status_code == 201
    assert len(other.numbers()) == 1


def urls(app, ticket):
    """Every address of the portal that answers GET, with believable values."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()):
            values = {name: one_of(rule, name) for name in rule.arguments}
            values |= {"number": ticket.number} if "number" in values else {}
            with app.test_request_context():
                yield app.url_for(rule.endpoint, **values)


def one_of(rule, name):
    """Some parts of addresses are words of a closed list."""
    return min(getattr(rule._converters[name], "items", [1]))


def test_no_route_tells_a_user_a_note_a_tag_or_a_name_of_ours(app, hers, ticket, bea):
    make_agent(bea)
    note = Upload(f"{CANARY}.txt", CANARY.encode())
    add_note(by=actor(bea), ticket=ticket, author=bea, body=CANARY, uploads=[note])
    change_tags(by=actor(bea), ticket=ticket, add=[CANARY])
    ticket.assignee_id, ticket.assignee_name = bea.id, CANARY
    asked = 0
    headers = {"Authorization": f"Bearer {hers.token}"}
    for url in urls(app, ticket):
        queries = ("", "?limit=100", "?kind=note&is_internal=true") if API in url else ("",)
        for query in queries:
            told = hers.client.get(f"{url}{query}", headers=headers)
            assert CANARY not in told.text + str(told.headers), url
            asked += API in url and told.status_code == 200
    assert asked > 6


def test_nothing_that_a_user_writes_brings_a_note_up(hers, ticket, bea):
    add_note(by=actor(bea), ticket=ticket, author=bea, body=CANARY)
    place = f"/tickets/{ticket.number}"
    for method, path, body in (
        ("POST", f"{place}/messages", {"body": "And?"}),
        ("PATCH", place, {"status": "solved"}),
        ("POST", "/tickets", {"subject": "x", "body": "y"}),
        ("POST", f"{place}/assign", {"agent_id": 1}),
    ):
        assert CANARY not in hers.ask(method, path, body).text


def test_who_left_a_ticket_sees_it_no_more(client, ann, acme, ticket):
    pia = make_user(acme, "Pia Partner")
    row = add_participant(by=actor(ann), ticket=ticket, email=pia.email)
    program = user_program(client, ann, pia)
    assert program.numbers() == [ticket.number]
    db.session.delete(db.session.get(TicketParticipant, row.id))
    assert program.numbers() == []
    assert db.session.query(SupportTicket).count() == 1


def test_a_user_of_a_suspended_tenant_still_gets_help(hers, acme):
    acme.status = "suspended"
    told = hers.ask("POST", "/tickets", {"subject": "We paid", "body": "Open us again."})
    assert told.status_code == 201
    assert told.headers["Content-Type"] == "application/json"
    assert hers.client.get(f"{API}/tickets").status_code == 401
