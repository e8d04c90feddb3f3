"""How each change of the support desk is driven once: agents."""

from tests.cast import make_tenant, make_user
from tests.support.crew import make_team
from tests.support.desk import make_agent, make_ticket

TEAM = {"name": "Money", "strategy": "manual", "lead_id": ""}


def _seen(s, url):
    return s.here.soup(url).select_one("[name=seen]")["value"]


def _agent(verb, **fields):
    return lambda s: s.here.submit(f"/support/agents/{make_agent(s.bea).id}/{verb}", **fields)


def _save_agent(s):
    url = f"/support/agents/{make_agent(s.bea).id}"
    return s.here.submit(f"{url}/edit", capacity="7", ignores_shifts="y", seen=_seen(s, url))


def _save_team(s):
    url = f"/support/teams/{make_team().id}"
    return s.here.submit(f"{url}/edit", **TEAM, is_default="y", seen=_seen(s, url))


def _archive(s):
    return s.here.submit(f"/support/teams/{make_team(is_default=False).id}/archive")


def _ticket(verb, **fields):
    def drive(s):
        ticket = make_ticket(make_user(make_tenant()))
        return s.here.submit(f"/support/tickets/{ticket.number}/{verb}", **fields)

    return drive


def _assign(s):
    ticket, agent = make_ticket(make_user(make_tenant())), make_agent(s.bea)
    return s.here.submit(f"/support/tickets/{ticket.number}/assign", agent_id=agent.id)


def _next(s):
    make_ticket(make_user(make_tenant()))
    return s.here.submit("/support/next")


DRIVES = {
    "support.save_agent": _save_agent,
    "support.save_signature": _agent("signature", signature="Bea"),
    "support.switch_agent": _agent("availability", availability="away"),
    "support.add_team": lambda s: s.here.submit("/support/teams/new", **TEAM),
    "support.save_team": _save_team,
    "support.archive": _archive,
    "support.take_ticket": _ticket("take"),
    "support.assign_ticket": _assign,
    "support.claim_next": _next,
}
