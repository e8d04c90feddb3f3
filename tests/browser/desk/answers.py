"""Scenes of the support desk: prepared answers, macros, changes in bulk."""

import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin
from portal.support.bulk import start_bulk_change
from portal.support.bulk_work import work_off
from portal.support.canned import create_answer
from portal.support.macro_runs import run_macro
from portal.support.macros import create_macro
from portal.support.models import SupportTicket
from tests.browser.scene import Scene, Who
from tests.cast import actor

SCENES: dict[str, list[Scene]] = {
    "support.bulks": [Scene(Who.BEA, "/support/bulk"), Scene(Who.BARE, "/support/bulk", 403)],
    "support.bulk": [
        Scene(Who.BEA, "/support/bulk/{many}"),
        Scene(Who.ANN, "/support/bulk/{many}?result=skipped"),
        Scene(Who.BEA, "/support/bulk/0", 404),
    ],
    "support.answers": [
        Scene(Who.BEA, "/support/answers"),
        Scene(Who.ANN, "/support/answers"),
        Scene(Who.BEA, "/support/answers?q=nothing"),
    ],
    "support.new_answer": [
        Scene(Who.BEA, "/support/answers/new"),
        Scene(Who.ANN, "/support/answers/new"),
    ],
    "support.answer": [
        Scene(Who.BEA, "/support/answers/{answer}"),
        Scene(Who.ANN, "/support/answers/{answer}"),
        Scene(Who.BEA, "/support/answers/0", 404),
    ],
    "support.ticket_answers": [
        Scene(Who.BEA, "/support/tickets/{ticket}/answers"),
        Scene(Who.BEA, "/support/tickets/{ticket}/answers?q=nothing"),
    ],
    "support.macros": [
        Scene(Who.ANN, "/support/macros"),
        Scene(Who.BEA, "/support/macros", 403),
    ],
    "support.new_macro": [Scene(Who.ANN, "/support/macros/new")],
    "support.macro": [
        Scene(Who.ANN, "/support/macros/{macro}"),
        Scene(Who.ANN, "/support/macros/0", 404),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    ann = db.session.scalars(sa.select(Admin).filter_by(role=Role.ADMIN).order_by(Admin.id)).first()
    assert ann is not None
    long = "You find it below “Settings”, then press the button.\n" * 12
    answer = create_answer(
        by=actor(ann), name="Where it is", body=f"Hello {{requester_name}}, {long}", is_shared=True
    )
    macro = create_macro(
        by=actor(ann), name="Note it", steps={"add_tags": ["seen"], "priority": "high"}
    )
    run_macro(by=actor(ann), ticket=ticket, author=ann, macro_id=macro.id)
    bulk = start_bulk_change(
        by=actor(ann), ticket_ids=[ticket.id], change={"priority": "high", "add_tags": ["seen"]}
    )
    work_off({"bulk_id": bulk.id})
    return {"answer": answer.id, "macro": macro.id, "many": bulk.id}
