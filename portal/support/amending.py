"""Changing several things of a ticket at once, as a program asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.actor import Actor, ActorType
from portal.core.staleness import Stale
from portal.support.fields import Wanted, change_fields
from portal.support.models import SupportTicket
from portal.support.on_behalf import NotForCustomers
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.tagging import change_tags
from portal.support.words import Category, Priority, Status


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a ticket becomes. None: it stays; `tags` are all that it then has."""

    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    subject: str | None = None
    tags: Sequence[str] | None = None
    version: int | None = None

    @property
    def fields(self) -> dict[str, Wanted]:
        given = {"priority": self.priority, "category": self.category, "subject": self.subject}
        return {name: Wanted(value) for name, value in given.items() if value is not None}


def amend(*, by: Actor, ticket: SupportTicket, amendment: Amendment) -> SupportTicket:
    """All of it, or nothing. Whoever asked for a ticket may say that it is solved, no more.

    Raises:
        NotForCustomers: see the class (403).
        Stale: it is not at the version that the amendment names (409).
        BadSubject, BadTag: what was written (422).
        WrongMove: the status does not lead there (409).
    """
    if by.type is ActorType.CUSTOMER:
        _check_own_solution(by, ticket, amendment)
    lock_ticket(ticket)
    if amendment.version not in {None, ticket.version}:
        raise Stale("The ticket changed meanwhile. Read it again, then change it.")
    if amendment.fields:
        change_fields(by=by, ticket=ticket, wanted=amendment.fields)
    if amendment.tags is not None:
        gone = set(ticket.tags) - set(amendment.tags)
        change_tags(by=by, ticket=ticket, add=amendment.tags, remove=gone)
    if amendment.status is not None:
        set_status(by=by, ticket=ticket, status=amendment.status)
    return ticket


def _check_own_solution(by: Actor, ticket: SupportTicket, amendment: Amendment) -> None:
    # The version counts our notes, too: whoever may guess it sees that one was written.
    others = (amendment.fields or None, amendment.tags, amendment.version)
    is_only_status = all(other is None for other in others)
    if not is_only_status or amendment.status not in {None, Status.SOLVED}:
        raise NotForCustomers("You may say that your ticket is solved, and nothing else.")
    if ticket.requester_id != by.id:
        raise NotForCustomers("Whoever opened the ticket says that it is solved.")
