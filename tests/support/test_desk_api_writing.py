"""Messages, assignments, agents, levels and files over JSON, as services and our own use them."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.support.attachments import Upload
from portal.support.messages import add_note, customer_message
from portal.support.models import (
    BusinessCalendarRow,
    MessageAttachment,
    SlaRule,
    SupportTeam,
    TeamMember,
)
from portal.support.words import Status
from tests.cast import actor, make_admin, make_user
from tests.ledger import events
from tests.statements import counted
from tests.support.desk import as_customer, make_agent, make_ticket
from tests.support.programs import service_program, staff_program, user_program

EVIL = b"<script>alert(1)</script>"


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


def write(program, ticket, **body):
    told = program.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "Hello.", **body})
    assert told.status_code == 201, told.text
    db.session.expire_all()
    return told.get_json()


def test_a_person_answers_as_an_agent(person, ticket, bea):
    told = write(person, ticket)
    assert told["author"] == {
        "type": "agent",
        "name": "Bea Agent",
        "staff_id": bea.id,
        "user_id": None,
    }
    assert (ticket.status, ticket.assignee_id) == ("open", bea.id)
    assert events("ticket.replied")[-1].actor_id == bea.id


def test_a_person_writes_a_note(person, ticket):
    told = write(person, ticket, is_internal=True)
    assert (told["kind"], told["is_internal"], ticket.status) == ("note", True, "new")


def test_a_service_writes_what_the_requester_said(service, ticket, uma):
    told = write(service, ticket)
    assert (told["author"]["type"], told["author"]["user_id"]) == ("customer", uma.id)
    assert events("ticket.customer_wrote")[-1].actor_type == "api_token"


def test_a_service_leaves_a_note_under_its_name(service, ticket):
    told = write(service, ticket, is_internal=True)
    assert (told["kind"], told["author"]["name"]) == ("note", "Product")
    assert told["author"]["type"] == "system"


@pytest.mark.parametrize(
    "body", [{}, {"body": ""}, {"body": " \n"}, {"body": "x", "is_internal": 1}, {"text": "x"}]
)
def test_a_message_that_is_not_right_is_refused(service, ticket, body):
    told = service.ask("POST", f"/tickets/{ticket.number}/messages", body)
    assert told.status_code == 422


def test_nobody_answers_in_a_closed_ticket(person, ticket):
    ticket.status, ticket.is_open = Status.CLOSED, False
    told = person.ask("POST", f"/tickets/{ticket.number}/messages", {"body": "x"})
    assert (told.status_code, told.get_json()["code"]) == (409, "conflict")


def test_messages_come_in_pages(service, ticket, uma):
    for count in range(4):
        customer_message(by=as_customer(uma), ticket=ticket, author=uma, body=f"{count}")
    bodies, cursor = [], ""
    while cursor is not None:
        page = service.get(f"/tickets/{ticket.number}/messages?limit=2&cursor={cursor}")
        bodies += [item["body"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert bodies == ["It says E-42.", "0", "1", "2", "3"]


def test_a_thread_costs_the_same_however_long_it_is(service, ticket, uma):
    counts, place = [], f"/tickets/{ticket.number}/messages"
    for _ in range(2):
        customer_message(by=as_customer(uma), ticket=ticket, author=uma, body="x")
        service.get(place)
        with counted() as asked:
            service.get(place)
        counts.append(len(asked))
    assert counts == [4, 4]


def test_a_ticket_is_given_to_an_agent_and_to_nobody(service, ticket, bea):
    make_agent(bea)
    place = f"/tickets/{ticket.number}/assign"
    told = service.ask("POST", place, {"agent_id": bea.id}).get_json()
    assert told["ticket"]["assignee"] == {"id": bea.id, "name": "Bea Agent"}
    assert told["warning"] is None
    told = service.ask("POST", place, {"agent_id": None}).get_json()
    assert told["ticket"]["assignee"] is None
    assert len(events("ticket.assigned")) == 2


def test_whoever_gives_to_somebody_away_is_warned(person, ticket, mo):
    make_agent(mo, availability="away")
    told = person.ask("POST", f"/tickets/{ticket.number}/assign", {"agent_id": mo.id})
    assert told.get_json()["warning"] == "Mo Manager is away."


@pytest.mark.parametrize("body", [{}, {"agent_id": 4711}, {"agent_id": "1"}, {"agent_id": 0}])
def test_a_ticket_is_given_to_nobody_who_is_none(service, ticket, body):
    told = service.ask("POST", f"/tickets/{ticket.number}/assign", body)
    assert (told.status_code, told.get_json()["code"]) == (422, "validation_failed")


def test_assigning_keeps_the_team(service, ticket, bea):
    make_agent(bea)
    team = a_team("Second line")
    ticket.team_id = team.id
    told = service.ask("POST", f"/tickets/{ticket.number}/assign", {"agent_id": bea.id})
    assert told.get_json()["ticket"]["team_id"] == team.id


def a_team(name):
    team = SupportTeam(
        name=name,
        name_key=name.casefold(),
        strategy="manual",
        categories=[],
        created_at=clock.now(),
    )
    db.session.add(team)
    db.session.flush()
    return team


def test_agents_are_listed_with_their_work(service, ticket, bea, mo):
    make_agent(bea)
    make_agent(mo, availability="away", skills=["billing"])
    db.session.add(TeamMember(team_id=a_team("First line").id, agent_id=bea.id))
    ticket.assignee_id = bea.id
    found = {item["name"]: item for item in service.get("/agents")["items"]}
    busy, away = found["Bea Agent"], found["Mo Manager"]
    assert (busy["load"], busy["capacity"], busy["teams"]) == (1, 20, ["First line"])
    assert (busy["is_taking"], away["is_taking"]) == (True, False)
    assert away["skills"] == ["billing"]
    assert "email" not in busy


def test_a_list_of_agents_costs_the_same_however_long_it_is(service):
    counts = []
    for name in ("Al A", "Bo B"):
        make_agent(make_admin(name))
        service.get("/agents")
        with counted() as asked:
            assert len(service.get("/agents?limit=1")["items"]) == 1
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_levels_are_listed_in_their_order(service):
    now = clock.now()
    hours = BusinessCalendarRow(name="Office", name_key="office", created_at=now)
    db.session.add(hours)
    db.session.flush()
    for position, name in ((2, "Others"), (1, "Urgent")):
        row = SlaRule(
            name=name,
            position=position,
            priority="urgent" if position == 1 else None,
            first_response_s=3600,
            calendar_id=hours.id,
            escalations=[],
            created_at=now,
            disabled_at=now if position == 2 else None,
        )
        db.session.add(row)
    found = service.get("/sla-rules")["items"]
    assert [(item["name"], item["is_enabled"]) for item in found] == [
        ("Urgent", True),
        ("Others", False),
    ]
    assert found[0]["conditions"]["priority"] == "urgent"
    assert found[0]["targets_s"]["first_response"] == 3600


def attach(ticket, uma, bea, *, to_note=False):
    uploads = [Upload("räte<.html", EVIL)]
    if to_note:
        add_note(by=actor(bea), ticket=ticket, author=bea, body="x", uploads=uploads)
    else:
        customer_message(by=as_customer(uma), ticket=ticket, author=uma, body="x", uploads=uploads)
    query = sa.select(MessageAttachment).order_by(MessageAttachment.id.desc())
    return db.session.scalars(query).first()


def test_a_file_is_only_ever_saved(service, ticket, uma, bea):
    row = attach(ticket, uma, bea)
    listed = service.get(f"/tickets/{ticket.number}/messages")["items"][-1]["attachments"]
    told = service.ask("GET", f"/tickets/{ticket.number}/attachments/{listed[0]['id']}")
    assert (listed[0]["id"], told.status_code, told.data) == (row.id, 200, EVIL)
    assert told.headers["Content-Disposition"].startswith("attachment;")
    assert told.headers["Content-Type"] == "application/octet-stream"
    assert told.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_user_gets_no_file_of_a_note_or_of_others(client, ann, ticket, uma, bea, birch):
    noted = attach(ticket, uma, bea, to_note=True)
    said = attach(ticket, uma, bea)
    hers = user_program(client, ann, uma)
    other = user_program(client, ann, make_user(birch, "Otto Other"))
    place = f"/tickets/{ticket.number}/attachments"
    assert hers.ask("GET", f"{place}/{said.id}").status_code == 200
    assert hers.ask("GET", f"{place}/{noted.id}").status_code == 404
    assert other.ask("GET", f"{place}/{said.id}").status_code == 404


def test_a_file_belongs_to_its_ticket(service, ticket, uma, bea):
    row, other = attach(ticket, uma, bea), make_ticket(uma)
    for number in (other.number, "x"):
        told = service.ask("GET", f"/tickets/{number}/attachments/{row.id}")
        assert told.status_code == 404
    for wrong in ("0", "99999999999999999999", "x", "-1"):
        told = service.ask("GET", f"/tickets/{ticket.number}/attachments/{wrong}")
        assert told.status_code == 404
