"""Tickets that their agents leave lying while the customer waits."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Admin, Notice
from portal.support import idling
from portal.support.idling import release_idle
from portal.support.models import SupportTicket, TicketEvent, TicketPresence
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.tagging import change_tags
from portal.support.teams import BadTerms, Terms, change_team, terms_of
from portal.support.words import Status, Strategy
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.staff.test_races import together
from tests.support.clocks import at
from tests.support.crew import handed, hire, make_team
from tests.support.desk import answer, customer_writes, make_agent, make_ticket
from tests.support.levels import make_calendar, make_rule

HOUR = timedelta(hours=1)


@pytest.fixture
def team(bea):
    return make_team(make_agent(bea), strategy=Strategy.MANUAL, idle_minutes=60)


@pytest.fixture
def taken(bea, team, acme):
    """A ticket that Bea has had for two hours, without hours of opening."""
    with clock.standing_at(clock.now() - 2 * HOUR):
        return given_to(bea, team, make_user(acme))


def given_to(admin, team, user):
    ticket = make_ticket(user)
    assert ticket.team_id == team.id
    ticket.status, ticket.assignee_id, ticket.assignee_name = Status.OPEN, admin.id, admin.name
    db.session.add(
        TicketEvent(
            ticket_id=ticket.id, kind="assigned", new=admin.name, actor_type=SYSTEM.type,
            actor_label=SYSTEM.label, at=clock.now(),
        )
    )  # fmt: skip
    db.session.flush()
    return ticket


def test_what_lies_too_long_is_nobodys_again_and_its_agent_is_told(taken, bea):
    release_idle({})
    assert (taken.assignee_id, handed(taken.id)[-1]) == (None, ("Bea Agent", None, "idle"))
    notice = db.session.query(Notice).filter_by(admin_id=bea.id, kind="ticket.released").one()
    assert (taken.number in notice.text, taken.subject in notice.text) == (True, False)
    release_idle({})
    assert len(handed(taken.id)) == 2


def test_a_deed_of_any_agent_begins_the_time_anew(taken, mo):
    change_tags(by=actor(mo), ticket=taken, add=["vip"])
    release_idle({})
    assert taken.assignee_id is not None


def test_a_customer_who_comes_back_begins_it_anew(taken, bea):
    with clock.standing_at(clock.now() - HOUR):
        answer(taken, bea, status=Status.PENDING)
    release_idle({})
    assert taken.assignee_id == bea.id
    with clock.standing_at(clock.now() - HOUR / 2):
        customer_writes(taken)
    release_idle({})
    assert taken.assignee_id == bea.id


@pytest.mark.parametrize("why", ["pending", "solved", "snoozed", "looked at", "never", "fresh"])
def test_what_is_not_idle_stays(taken, team, bea, why):
    if why in {"pending", "solved"}:
        with clock.standing_at(taken.created_at):
            set_status(by=SYSTEM, ticket=taken, status=Status(why))
    if why == "snoozed":
        taken.snoozed_until = clock.now() + HOUR
    if why == "looked at":
        now = clock.now()
        db.session.add(TicketPresence(ticket_id=taken.id, admin_id=bea.id, seen_at=now))
    team.idle_minutes = {"never": None, "fresh": 121}.get(why, 60)
    db.session.flush()
    release_idle({})
    assert taken.assignee_id == bea.id


def test_only_open_hours_count(bea, team, acme):
    make_rule(make_calendar())
    with time_machine.travel(at(7, "16:30"), tick=False):
        ticket = given_to(bea, team, make_user(acme))
    for day, text, owner in ((8, "09:29", bea.id), (8, "09:30", None)):
        with time_machine.travel(at(day, text), tick=False):
            release_idle({})
        assert ticket.assignee_id == owner


def test_a_team_that_assigns_by_itself_finds_another(taken, team, bea):
    team.strategy = Strategy.LEAST_LOADED
    release_idle({})
    assert taken.assignee_id is None
    taken.assignee_id, taken.assignee_name = bea.id, bea.name
    dan = hire("Dan Doyle", capacity=1)
    change_team(
        by=SYSTEM, team=team, terms=Terms("Desk", Strategy.LEAST_LOADED, is_default=True,
        member_ids=[bea.id, dan.id], idle_minutes=60),
    )  # fmt: skip
    with time_machine.travel(clock.now() + 2 * HOUR):
        release_idle({})
    assert taken.assignee_id == dan.id


def test_a_hundred_at_once_and_the_rest_by_the_next_job(bea, team, acme, monkeypatch):
    monkeypatch.setattr(idling, "AT_ONCE", 2)
    asked = []
    monkeypatch.setattr(idling, "enqueue", lambda kind, payload: asked.append(kind))
    user = make_user(acme)
    with clock.standing_at(clock.now() - 2 * HOUR):
        tickets = [given_to(bea, team, user) for _ in range(3)]
    release_idle({})
    assert [ticket.assignee_id for ticket in tickets] == [None, None, bea.id]
    assert asked == [idling.KIND]
    release_idle({})
    assert {ticket.assignee_id for ticket in tickets} == {None}


@pytest.mark.parametrize("minutes", [0, 4, -5, 100_001])
def test_minutes_that_cannot_be_are_refused(mo, team, minutes):
    wanted = Terms("Desk", is_default=True, idle_minutes=minutes)
    with pytest.raises(BadTerms, match="5 to 100,000"):
        change_team(by=actor(mo), team=team, terms=wanted)
    assert terms_of(team).idle_minutes == 60


def test_a_manager_sets_the_minutes_on_the_page(mo_client, team):
    url = f"/support/teams/{team.id}"
    page = mo_client.soup(url)
    fields = {"name": "Desk", "strategy": "manual", "is_default": "y", "lead_id": ""}
    fields["seen"] = page.select_one("[name=seen]")["value"]
    assert page.select_one("[name=idle_minutes]")["value"] == "60"
    assert mo_client.submit(f"{url}/edit", **fields, idle_minutes="x").status_code == 422
    assert mo_client.submit(f"{url}/edit", **fields, idle_minutes="30").status_code == 303
    assert team.idle_minutes == 30


def lying(app, count):
    """So many tickets of Bea that lie too long; their ids."""
    with app.app_context(), clock.standing_at(clock.now() - 2 * HOUR):
        bea = make_admin("Bea Agent")
        team = make_team(make_agent(bea), strategy=Strategy.MANUAL, idle_minutes=60)
        user = make_user(make_tenant())
        ids = [given_to(bea, team, user).id for _ in range(count)]
        db.session.commit()
        return bea.id, ids


@pytest.mark.race
def test_of_workers_and_an_agent_at_once_each_ticket_goes_back_once_or_stays(own_app):
    bea_id, ids = lying(own_app, 20)

    def work(turn):
        with own_app.app_context():
            if turn % 2:
                release_idle({})
            else:
                by = actor(db.session.get_one(Admin, bea_id))
                ticket = lock_ticket(db.session.get_one(SupportTicket, ids[turn]))
                change_tags(by=by, ticket=ticket, add=["vip"])
            db.session.commit()

    together(work, 6)
    with own_app.app_context():
        for ticket in db.session.query(SupportTicket):
            back = [event for event in handed(ticket.id) if event[2] == "idle"]
            assert len(back) == (0 if ticket.assignee_id else 1)
