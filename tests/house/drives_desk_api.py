"""How each change of the support desk is driven once: desk api."""

from tests.support.desk import make_agent, make_ticket

API = "/api/support/tickets"


def _open(s):
    ticket = make_ticket()
    body = {"subject": "Again", "body": "It stopped again.", "user_id": ticket.requester_id}
    return s.here.call("POST", API, body)


def _change(s):
    return s.here.call("PATCH", f"{API}/{make_ticket().number}", {"priority": "high"})


def _write(s):
    return s.here.call("POST", f"{API}/{make_ticket().number}/messages", {"body": "Try again."})


def _assign(s):
    make_agent(s.bea)
    return s.here.call("POST", f"{API}/{make_ticket().number}/assign", {"agent_id": s.bea.id})


DRIVES = {
    "support_api.open_ticket": _open,
    "support_api.change_ticket": _change,
    "support_api.write_message": _write,
    "support_api.assign_ticket": _assign,
}
