"""For whom a caller of the API opens and writes: a customer for themselves, a person of ours as
an agent, a service for the user whom it names.
"""

from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Denied, DomainError
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.assignment import Given, assign
from portal.support.follow_ups import write_to
from portal.support.messages import Sent, add_note, reply
from portal.support.models import SupportTicket
from portal.support.tickets import Opening, open_ticket


class NotForCustomers(Denied):
    """A user of a customer wants something that our own decide."""


class UnknownRequester(DomainError):
    """Nobody is named whose ticket it would be."""


def open_on_behalf(*, by: Actor, opening: Opening, user_id: int | None) -> SupportTicket:
    """A new ticket of the caller, or of the user whom the caller names.

    Raises:
        NotForCustomers: a user names somebody, even themselves (403).
        UnknownRequester: nobody else names anybody who is there (422).
        BadSubject, BadBody, NobodyToAnswer: as `open_ticket`.
    """
    return open_ticket(by=by, requester=_requester(by, user_id), opening=opening)


def _requester(by: Actor, user_id: int | None) -> User:
    if by.type is ActorType.CUSTOMER:
        if user_id is not None:
            raise NotForCustomers("Your ticket is your own: leave user_id out.", field="user_id")
        return db.session.get_one(User, by.id)
    if user_id is None:
        raise UnknownRequester("Say whose ticket it is.", field="user_id")
    found = db.session.get(User, user_id)
    if found is None:
        raise UnknownRequester("There is no such user.", field="user_id")
    return found


def write_on_behalf(*, by: Actor, ticket: SupportTicket, body: str, is_internal: bool) -> Sent:
    """A message of the caller, or of the requester where a service tells what they said.

    Raises:
        NotForCustomers: a user wants to write a note (403).
        BadBody, NotWritable, NobodyToAnswer: as `reply`, `write_to`.
    """
    if by.type is ActorType.CUSTOMER:
        if is_internal:
            raise NotForCustomers("Notes are for our own people.", field="is_internal")
        author = db.session.get_one(User, by.id)
        return write_to(by=by, ticket=ticket, author=author, body=body)
    person = db.session.get_one(Admin, by.id) if by.type is ActorType.ADMIN else None
    if is_internal:
        return add_note(by=by, ticket=ticket, author=person, body=body)
    if person is not None:
        return reply(by=by, ticket=ticket, author=person, body=body)
    requester = db.session.get_one(User, ticket.requester_id)
    return write_to(by=by, ticket=ticket, author=requester, body=body)


def assign_on_behalf(*, by: Actor, ticket: SupportTicket, agent_id: int | None) -> Given:
    """Give the ticket to an agent of ours, or to nobody; its team stays.

    Raises:
        NotForCustomers: see the class (403).
        NobodyThere, NotForTaking: as `assign`.
    """
    if by.type is ActorType.CUSTOMER:
        raise NotForCustomers("Who works on a ticket is decided by our own people.")
    return assign(by=by, ticket=ticket, to={"agent_id": agent_id})
