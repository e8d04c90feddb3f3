"""Scenes of the support desk: ticket."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.drafts import save_draft
from portal.support.messages import add_note
from portal.support.models import SupportAgent, SupportTicket
from portal.support.participants import add_participant
from portal.support.presence import note_presence
from portal.support.snoozing import snooze
from portal.support.tagging import change_tags
from portal.support.words import MessageKind, Status
from tests.browser.scene import Scene, Who
from tests.support.desk import answer, customer_writes, make_agent, make_ticket

SCENES: dict[str, list[Scene]] = {
    "support.ticket": [
        Scene(Who.BEA, "/support/tickets/{ticket}"),
        Scene(Who.BEA, "/support/tickets/{ticket}?write=note&view=mine"),
        Scene(Who.ANN, "/support/tickets/{quiet_ticket}"),
        Scene(Who.ANN, "/support/tickets/{closed_ticket}"),
        Scene(Who.BARE, "/support/tickets/{ticket}"),
        Scene(Who.BEA, "/support/tickets/TCK-2026-999999", 404),
    ],
    "support.news": [Scene(Who.BEA, "/support/tickets/{ticket}/news?after=0")],
    "support.another": [Scene(Who.BEA, "/support/tickets/{ticket}/next?view=all")],
    "support.tags": [Scene(Who.BEA, "/support/tags")],
    "support.history": [Scene(Who.BEA, "/support/tickets/{ticket}/history")],
    "support.new_ticket": [
        Scene(Who.BEA, "/support/tickets/new?q=uma"),
        Scene(Who.BEA, "/support/tickets/new?user={user}"),
        Scene(Who.BEA, "/support/tickets/new?q=nobody+like+this"),
    ],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """What the scenes need beside the sample ticket, and its names for their paths."""
    user = db.session.get_one(User, ticket.requester_id)
    bea = db.session.query(Admin).filter_by(role=Role.SUPPORT_AGENT, name="Bea Agent").first()
    ann = db.session.query(Admin).filter_by(role=Role.ADMIN).first()
    for person in (bea, ann):
        if db.session.get(SupportAgent, person.id) is None:
            make_agent(person)
    busy(ticket, bea, ann)
    quiet = make_ticket(user, subject="Invoice " + "x" * 200, body="y" * 300)
    snooze(by=SYSTEM, ticket=quiet, until=clock.now() + timedelta(days=2))
    shut = make_ticket(user, subject="Old story")
    shut.status, shut.is_open = Status.CLOSED, False
    return {"quiet_ticket": quiet.number, "closed_ticket": shut.number}


def busy(ticket: SupportTicket, bea: Admin, ann: Admin) -> None:
    """A talk, notes, tags, people, a draft, and somebody else who looks at it."""
    answer(ticket, bea, "Please press the green button, and see https://help.boxcostpro.test/e42.")
    add_note(by=SYSTEM, ticket=ticket, author=ann, body="@bea they had this in March, too.")
    customer_writes(ticket, "Thank you!\n\nNow it says E-43. " + "Is that better? " * 20)
    change_tags(by=SYSTEM, ticket=ticket, add=["printer", "vip"])
    add_participant(by=SYSTEM, ticket=ticket, email="otto@birch.test")
    save_draft(admin_id=bea.id, ticket=ticket, kind=MessageKind.PUBLIC, body="Then the oth")
    note_presence(admin_id=ann.id, ticket_id=ticket.id, is_typing=True)
    ticket.assignee_id, ticket.assignee_name = ann.id, ann.name
    ticket.priority, ticket.plan_name = "high", "Professional"
