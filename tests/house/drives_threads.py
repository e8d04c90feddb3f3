"""How each change of tickets that belong together is driven once."""

from portal.core.actor import SYSTEM
from portal.support.linking import link
from portal.support.merging import merge
from tests.cast import make_tenant, make_user
from tests.support.desk import customer_writes, make_ticket


def _two(s):
    uma = make_user(make_tenant())
    return make_ticket(uma), make_ticket(uma, subject="Again")


def _merge(s):
    source, target = _two(s)
    return s.here.submit(f"/support/tickets/{source.number}/merge", number=target.number)


def _undo(s):
    source, target = _two(s)
    merge(by=SYSTEM, source=source, target=target)
    return s.here.submit(f"/support/tickets/{source.number}/undo-merge")


def _split(s):
    ticket, _ = _two(s)
    message = customer_writes(ticket, "Another matter.").message
    return s.here.submit(
        f"/support/tickets/{ticket.number}/split", subject="Another", message=message.id
    )


def _link(s):
    ticket, other = _two(s)
    return s.here.submit(f"/support/tickets/{ticket.number}/link", number=other.number)


def _unlink(s):
    ticket, other = _two(s)
    link(by=SYSTEM, ticket=ticket, other=other)
    return s.here.submit(f"/support/tickets/{ticket.number}/unlink/{other.number}")


DRIVES = {
    "support.merge_ticket": _merge,
    "support.undo_merging": _undo,
    "support.split_ticket": _split,
    "support.link_ticket": _link,
    "support.unlink_ticket": _unlink,
}
