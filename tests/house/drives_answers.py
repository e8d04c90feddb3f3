"""How each change by prepared answers, macros and changes in bulk is driven once."""

from portal.core.database import db
from portal.support.bulk import start_bulk_change
from portal.support.bulk_work import work_off
from portal.support.canned import create_answer
from portal.support.macro_runs import run_macro
from portal.support.macros import create_macro
from tests.cast import actor, make_tenant, make_user
from tests.support.desk import make_ticket

ANSWER = {"name": "Hello", "body": "Hello {requester_name}"}
SOLVE = {"status": "solved"}


def _ticket():
    return make_ticket(make_user(make_tenant()))


def _answer(s):
    return create_answer(by=actor(s.ann), **ANSWER)


def _macro(s):
    return create_macro(by=actor(s.ann), name="Solve", steps=SOLVE)


def _of_answer(verb, **fields):
    return lambda s: s.here.submit(f"/support/answers/{_answer(s).id}{verb}", **fields)


def _of_macro(verb, **fields):
    return lambda s: s.here.submit(f"/support/macros/{_macro(s).id}{verb}", **fields)


def _start(s):
    return s.here.submit("/support/bulk/start", ticket=_ticket().number, **SOLVE)


def _undo(s):
    ticket = _ticket()
    bulk = start_bulk_change(by=actor(s.ann), ticket_ids=[ticket.id], change=SOLVE)
    work_off({"bulk_id": bulk.id})
    db.session.flush()
    return s.here.submit(f"/support/bulk/{bulk.id}/undo")


def _apply(s):
    ticket, macro = _ticket(), _macro(s)
    seen = {"macro_version": str(macro.version), "ticket_version": str(ticket.version)}
    url = f"/support/tickets/{ticket.number}/macro"
    return s.here.submit(url, macro_id=str(macro.id), **seen)


def _take_back(s):
    ticket, macro = _ticket(), _macro(s)
    run = run_macro(by=actor(s.ann), ticket=ticket, author=s.ann, macro_id=macro.id)
    return s.here.submit(f"/support/tickets/{ticket.number}/macro/{run.id}/undo")


DRIVES = {
    "support.start_bulk": _start,
    "support.undo_bulk": _undo,
    "support.add_answer": lambda s: s.here.submit("/support/answers/new", **ANSWER),
    "support.save_answer": _of_answer("", **ANSWER, version="1"),
    "support.drop_answer": _of_answer("/archive"),
    "support.add_macro": lambda s: s.here.submit("/support/macros/new", name="Solve", **SOLVE),
    "support.save_macro": _of_macro("", name="Solve all", **SOLVE, version="1"),
    "support.drop_macro": _of_macro("/archive"),
    "support.apply_macro": _apply,
    "support.undo_macro_run": _take_back,
}
