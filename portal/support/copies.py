"""Who takes part in a ticket beside its requester, as they are by now."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from portal.customers.models import User, UserStatus
from portal.customers.naming import address_key
from portal.support.models import TicketParticipant


class Addressed(Protocol):
    """Somebody who may get a mail."""

    @property
    def email(self) -> str: ...


Person = TypeVar("Person", bound=Addressed)


def whose(key: Any, tenant_id: Any) -> sa.Select[int]:
    """The id of the tenant's user who has the address of this key: the active one of several."""
    return (
        sa.select(User.id)
        .where(User.email_key == key, User.tenant_id == tenant_id, User.erased_at.is_(None))
        .order_by(User.status != UserStatus.ACTIVE.value, User.id)
        .limit(1)
    )


def copied(people: Iterable[Person], *, requester_email: str) -> list[Person]:
    """Who of them gets a copy of a mail: the first one of each address but the requester's."""
    first: dict[str, Person] = {}
    for one in people:
        first.setdefault(address_key(one.email), one)
    first.pop(address_key(requester_email), None)
    return [*first.values()]


def taking_part(
    *, ticket_id: sa.BindParameter[int], tenant_id: sa.BindParameter[int]
) -> sa.Subquery:
    """Their `id`, `name`, `email` and whether they are `active`.

    A user of the ticket's tenant has the name and the address of now, whatever it was when they
    began to take part, and gets no mail while they are inactive. Who was added by an address alone
    is such a user as soon as one has it.
    """
    row, person = TicketParticipant.__table__.c, User.__table__.alias("person")
    is_active = person.c.status == UserStatus.ACTIVE.value
    by_address = whose(row.email_key, tenant_id).scalar_subquery()
    name, email = (
        sa.func.coalesce(person.c[column], row[column]).label(column)
        for column in ("name", "email")
    )
    active = sa.or_(person.c.id.is_(None), is_active).label("active")
    return (
        sa.select(row.id, name, email, active)
        .outerjoin_from(
            TicketParticipant.__table__,
            person,
            person.c.id == sa.func.coalesce(row.user_id, by_address),
        )
        .where(row.ticket_id == ticket_id)
        .subquery("taking_part")
    )
