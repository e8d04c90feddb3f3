"""Pages of agents and teams, and a ticket that changes hands by a form."""

import pytest

from portal.core.database import db
from portal.core.roles import Role
from portal.support.models import SupportAgent, SupportTeam
from portal.support.statuses import set_status
from portal.support.teams import members_of
from portal.support.words import Status
from tests.cast import actor, make_admin, make_user, signed_in
from tests.client import fields_in, parsed
from tests.statements import counted
from tests.support.crew import handed, hire, make_team
from tests.support.desk import make_agent, make_ticket

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3
TEAM = {"name": "Money", "strategy": "round_robin", "lead_id": ""}
AGENT = {"capacity": "7", "skills": ["billing"], "languages": "en, de", "monday": "9-17"}


@pytest.fixture
def uma(acme):
    return make_user(acme)


@pytest.fixture
def beas(bea):
    return make_agent(bea)


def texts(soup, selector):
    return [" ".join(found.get_text().split()) for found in soup.select(selector)]


@pytest.mark.parametrize("url", ["/support/agents", "/support/teams", "/support/agents/1"])
def test_who_sees_no_tickets_sees_no_agents(app, url):
    client = signed_in(app, make_admin("Mia Marketing", Role.MARKETING))
    assert client.get(url).status_code == 403


def test_the_list_names_everybody_with_their_work(mo_client, uma, beas):
    team = make_team(beas)
    make_team(name="Money", is_default=False)
    make_ticket(uma)
    hire(LONG, availability="away", skills=["billing"], capacity=0)
    page = mo_client.soup("/support/agents")
    assert texts(page, "#agent-rows tr")[0] == ("Bea Agent Available 1 of 20 1 Front desk all")
    assert texts(page, "#agent-rows tr")[1] == f"{LONG} Away 0 of 0 0 none Billing"
    alone = mo_client.soup(f"/support/agents?team={team.id}")
    assert texts(alone, "#agent-rows td[data-label=Name]") == ["Bea Agent"]


def test_an_empty_list_says_what_to_do(mo_client):
    assert "Nobody answers tickets yet" in mo_client.get("/support/agents").text
    team = make_team()
    assert "Nobody is in this team" in mo_client.get(f"/support/agents?team={team.id}").text
    assert mo_client.get("/support/agents?team=x&cursor=").status_code == 200
    assert mo_client.get("/support/agents?cursor=nonsense").status_code == 400


def test_the_pages_cost_the_same_whatever_the_number_of_rows(mo_client, beas):
    def cost(url) -> int:
        with counted() as statements:
            mo_client.get(url)
        return len(statements)

    few = [cost(url) for url in ("/support/agents", "/support/teams")]
    others = [hire(f"A{n} Agent") for n in range(10)]
    for number in range(5):
        make_team(*others, name=f"Team {number}", is_default=False)
    many = [cost(url) for url in ("/support/agents", "/support/teams")]
    assert few[0] == many[0] <= 5
    assert many[1] <= 3


def test_a_manager_sets_how_an_agent_works(mo_client, beas):
    url = f"/support/agents/{beas.id}"
    seen = mo_client.soup(url).select_one("[name=seen]")["value"]
    answer = mo_client.submit(f"{url}/edit", **AGENT, seen=seen)
    assert answer.status_code == 303
    assert (beas.capacity, beas.skills, beas.languages) == (7, ["billing"], ["en", "de"])
    page = mo_client.soup(url)
    assert page.select_one("[name=monday]")["value"] == "09:00-17:00"
    assert "Monday 09:00-17:00" in " ".join(page.get_text().split())


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"capacity": "many"}, "capacity"),
        ({"capacity": "501"}, "capacity"),
        ({"skills": ["knitting"]}, "skills"),
        ({"monday": "9-5-3"}, "monday"),
        ({"monday": "", "ignores_shifts": ""}, "ignores_shifts"),
        ({"languages": "english"}, "languages"),
    ],
)
def test_a_wrong_field_is_shown_where_it_is(mo_client, beas, fields, place):
    url = f"/support/agents/{beas.id}"
    seen = mo_client.soup(url).select_one("[name=seen]")["value"]
    answer = mo_client.submit(f"{url}/edit", **{**AGENT, **fields, "seen": seen})
    assert answer.status_code == 422
    assert f'id="{place}-error"' in answer.text or f'href="#{place}"' in answer.text
    assert beas.capacity == 20


def test_an_agent_changes_no_colleague_but_their_own_signature(bea_client, beas):
    other = hire("Cy Agent")
    assert bea_client.submit(f"/support/agents/{other.id}/edit", **AGENT).status_code == 403
    signed = {"signature": "Bea,\nFront desk"}
    assert bea_client.submit(f"/support/agents/{other.id}/signature", **signed).status_code == 422
    assert bea_client.submit(f"/support/agents/{beas.id}/signature", **signed).status_code == 303
    assert (other.signature, beas.signature) == ("", signed["signature"])
    assert bea_client.soup(f"/support/agents/{other.id}").select("main form") == []


def test_an_agent_goes_away_and_comes_back_from_any_page(bea_client, beas, uma):
    team = make_team(beas)
    ticket = make_ticket(uma)
    url = f"/support/agents/{beas.id}/availability"
    away = {"availability": "away", "hands_back": "on", "next": "/support/queue/mine"}
    answer = bea_client.submit(url, **away)
    assert (answer.status_code, answer.location) == (303, "/support/queue/mine")
    assert (beas.availability, ticket.assignee_id, ticket.team_id) == ("away", None, team.id)
    answer = bea_client.submit(url, availability="available", next="https://evil.test/")
    assert answer.location == f"/support/agents/{beas.id}"
    assert "You are available and got 1 ticket." in bea_client.get(answer.location).text


def test_nobody_else_and_no_nonsense_switches_an_agent(bea_client, beas):
    other = hire("Cy Agent")
    away = {"availability": "away"}
    assert bea_client.submit(f"/support/agents/{other.id}/availability", **away).status_code == 403
    url = f"/support/agents/{beas.id}/availability"
    assert bea_client.submit(url, availability="asleep").status_code == 422
    assert bea_client.submit("/support/agents/999/availability", **away).status_code == 404


def test_a_team_is_made_changed_and_archived(mo_client, beas):
    make_team()
    answer = mo_client.submit("/support/teams/new", **TEAM, member_ids=[beas.id])
    team = db.session.query(SupportTeam).filter_by(name="Money").one()
    assert (answer.location, members_of(team.id)) == (f"/support/teams/{team.id}", [beas.id])
    seen = mo_client.soup(answer.location).select_one("[name=seen]")["value"]
    changed = {**TEAM, "name": LONG[:80], "lead_id": beas.id, "seen": seen}
    assert mo_client.submit(f"{answer.location}/edit", **changed).status_code == 303
    assert (team.name, team.lead_id, members_of(team.id)) == (LONG[:80], beas.id, [])
    assert LONG[:80] in mo_client.get("/support/teams").text
    assert mo_client.submit(f"{answer.location}/archive").location == "/support/teams"
    assert mo_client.get(answer.location).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"strategy": "lottery"}, {"name": "front desk"}, {"lead_id": "999"}]
)
def test_a_team_that_cannot_be_is_refused_on_its_form(mo_client, fields):
    make_team()
    answer = mo_client.submit("/support/teams/new", **{**TEAM, **fields})
    assert answer.status_code == 422
    assert "field-error" in answer.text


def test_what_somebody_changed_meanwhile_is_said(mo_client):
    url = f"/support/teams/{make_team().id}"
    answer = mo_client.submit(f"{url}/edit", **TEAM, is_default="y", seen="long ago")
    assert answer.status_code == 422
    assert "Somebody changed it a moment ago" in answer.text


def test_the_default_team_is_not_archived(mo_client):
    team = make_team()
    assert mo_client.submit(f"/support/teams/{team.id}/archive").status_code == 409
    assert "Make another team the default" in mo_client.get(f"/support/teams/{team.id}").text


def test_an_agent_reads_of_teams_and_makes_none(bea_client):
    url = f"/support/teams/{make_team().id}"
    assert bea_client.soup(url).select("main form") == []
    assert bea_client.get("/support/teams/new").status_code == 403
    assert bea_client.submit(f"{url}/edit", **TEAM).status_code == 403
    assert bea_client.submit(f"{url}/archive").status_code == 403


def test_the_first_team_is_offered_as_the_default(mo_client):
    assert "No teams yet" in mo_client.get("/support/teams").text
    assert mo_client.soup("/support/teams/new").select_one("[name=is_default]").has_attr("checked")
    make_team()
    page = mo_client.soup("/support/teams/new")
    assert not page.select_one("[name=is_default]").has_attr("checked")


def test_a_ticket_is_taken_by_a_button(bea_client, beas, uma):
    ticket = make_ticket(uma)
    with counted() as statements:
        answer = bea_client.submit(f"/support/tickets/{ticket.number}/take", view="new")
    assert answer.location == f"/support/tickets/{ticket.number}?view=new"
    assert ticket.assignee_id == beas.id
    assert len(statements) <= 12


def test_a_ticket_of_somebody_else_is_not_taken(bea_client, beas, uma):
    ticket = make_ticket(uma)
    ticket.assignee_id, ticket.assignee_name = hire("Cy Agent").id, "Cy Agent"
    answer = bea_client.submit(f"/support/tickets/{ticket.number}/take")
    assert answer.status_code == 409
    [problem] = texts(parsed(answer), "#ticket-fields [role=alert]")
    assert problem == f"Cy Agent works on {ticket.number} already."


def test_who_gives_a_ticket_that_changed_hands_meanwhile_sees_who_has_it(bea_client, beas, uma):
    ticket, dee = make_ticket(uma), hire("Dee Agent")
    url = f"/support/tickets/{ticket.number}"
    page = bea_client.soup(url)
    ticket.assignee_id, ticket.assignee_name = hire("Cy Agent").id, "Cy Agent"
    fields = fields_in(page.select_one("#assign")) | {"agent_id": dee.id}
    answer = bea_client.submit(f"{url}/assign", **fields)
    assert answer.status_code == 409
    [problem] = texts(parsed(answer), "#ticket-fields [role=alert]")
    assert problem == f"Cy Agent has {ticket.number} by now. Yours was not saved."
    again = fields_in(parsed(answer).select_one("#assign")) | {"agent_id": dee.id}
    assert bea_client.submit(f"{url}/assign", **again).status_code == 303
    assert ticket.assignee_id == dee.id


def test_a_ticket_is_given_and_what_is_left_out_stays(bea_client, beas, uma):
    ticket, team = make_ticket(uma), make_team(strategy="manual")
    url = f"/support/tickets/{ticket.number}/assign"
    away = hire("Cy Agent", availability="away")
    bea_client.submit(url, team_id=team.id)
    answer = bea_client.submit(url, agent_id=away.id)
    assert (ticket.assignee_id, ticket.team_id) == (away.id, team.id)
    assert answer.status_code == 303
    assert "Cy Agent is away." in bea_client.get("/support/agents").text
    bea_client.submit(url, agent_id="", team_id="")
    assert (ticket.assignee_id, ticket.team_id) == (None, None)


@pytest.mark.parametrize("value", ["x", "-1", "99999999999", "2147483648", "999", "\u00b2"])
def test_a_ticket_is_given_to_nobody_unknown(bea_client, uma, value):
    url = f"/support/tickets/{make_ticket(uma).number}/assign"
    assert bea_client.submit(url, agent_id=value).status_code == 422
    assert bea_client.submit(url, team_id=value).status_code == 422


def test_the_next_ticket_opens_or_the_queue_says_why_not(bea_client, beas, uma):
    answer = bea_client.submit("/support/next", view="all open")
    assert answer.location == "/support/queue/all%20open"
    assert "Nothing waits for you" in bea_client.get("/support/agents").text
    ticket = make_ticket(uma)
    assert bea_client.submit("/support/next").location == f"/support/tickets/{ticket.number}"
    beas.capacity = 1
    assert bea_client.submit("/support/next").location == "/support/queue"
    assert "Finish one first" in bea_client.get("/support/agents").text


@pytest.mark.parametrize("verb", ["take", "assign"])
def test_finance_and_a_wrong_number_change_no_hands(app, bea_client, uma, verb):
    ticket = make_ticket(uma)
    client = signed_in(app, make_admin("Fin Finance", Role.FINANCE))
    assert client.submit(f"/support/tickets/{ticket.number}/{verb}").status_code == 403
    assert client.submit("/support/next").status_code == 403
    assert bea_client.submit(f"/support/tickets/TCK-2000-000001/{verb}").status_code == 404


def test_a_solved_ticket_is_neither_taken_nor_lost(bea_client, bea, uma):
    ticket = make_ticket(uma)
    set_status(by=actor(bea), ticket=ticket, status=Status.SOLVED)
    assert bea_client.submit(f"/support/tickets/{ticket.number}/take").status_code == 409
    assert db.session.get(SupportAgent, bea.id) is None


def test_the_page_takes_a_ticket_over_from_a_colleague(bea_client, bea, uma):
    make_agent(bea)
    ticket, dan = make_ticket(uma), hire("Dan Doyle")
    ticket.assignee_id, ticket.assignee_name = dan.id, "Dan Doyle"
    form = bea_client.soup(f"/support/tickets/{ticket.number}").select_one("#take")
    assert form.get_text(strip=True) == "Take over"
    agent_id = form.select_one("[name=agent_id]")["value"]
    assert bea_client.submit(form["action"], agent_id=agent_id).status_code == 303
    assert (ticket.assignee_id, handed(ticket.id)[-1][:2]) == (bea.id, ("Dan Doyle", "Bea Agent"))
