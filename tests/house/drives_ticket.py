"""How each change on the page of a ticket is driven once."""

from datetime import timedelta

from portal.core import clock
from tests.cast import make_tenant, make_user
from tests.support.desk import make_ticket


def _ticket(**more):
    ticket = make_ticket(make_user(make_tenant()))
    for name, value in more.items():
        setattr(ticket, name, value)
    return ticket


def _of_ticket(verb: str, **fields: str):
    return lambda s: s.here.submit(f"/support/tickets/{_ticket().number}/{verb}", **fields)


def _wake(s):
    number = _ticket(snoozed_until=clock.now() + timedelta(days=1)).number
    return s.here.submit(f"/support/tickets/{number}/wake")


def _open(s):
    user = make_user(make_tenant())
    fields = {"user": str(user.id), "subject": "A call", "body": "It creaks.", "channel": "phone"}
    more = {"written_by": "customer", "category": "question", "priority": "medium"}
    return s.here.submit("/support/tickets/new", **fields, **more, submit_key="once")


DRIVES = {
    "support.send_reply": _of_ticket("reply", body="Try again."),
    "support.write_note": _of_ticket("note", body="Looks like the fuse."),
    "support.move_ticket": _of_ticket("status", status="pending", old_status="new"),
    "support.change_field": _of_ticket("priority", priority="high", old_priority="medium"),
    "support.tag_ticket": _of_ticket("tag", add="vip"),
    "support.change_participants": _of_ticket("participants", email="vic@acme.test"),
    "support.snooze_ticket": _of_ticket("snooze", **{"for": "hour"}),
    "support.wake_ticket": _wake,
    "support.open_new_ticket": _open,
}
