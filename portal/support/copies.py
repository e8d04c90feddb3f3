"""Who takes part in a ticket beside its requester, as they are by now."""

import sqlalchemy as sa

from portal.customers.models import User, UserStatus
from portal.support.models import TicketParticipant


def taking_part(
    *, ticket_id: sa.BindParameter[int], tenant_id: sa.BindParameter[int]
) -> sa.Subquery:
    """Their `id`, `name`, `email`, `email_key` and whether they are `active`.

    A user of the ticket's tenant has the name and the address of now, whatever it was when they
    began to take part, and gets no mail while they are inactive. Who was added by an address alone
    is such a user as soon as one has it: the active one, where it is the address of several.
    """
    row = TicketParticipant.__table__.c
    owner, person = User.__table__.alias("owner"), User.__table__.alias("person")
    is_active = person.c.status == UserStatus.ACTIVE.value
    by_address = (
        sa.select(owner.c.id)
        .where(owner.c.email_key == row.email_key, owner.c.tenant_id == tenant_id)
        .order_by(owner.c.status != UserStatus.ACTIVE.value, owner.c.id)
        .limit(1)
        .scalar_subquery()
    )
    name, email, email_key = (
        sa.func.coalesce(person.c[column], row[column]).label(column)
        for column in ("name", "email", "email_key")
    )
    active = sa.or_(person.c.id.is_(None), is_active).label("active")
    return (
        sa.select(row.id, name, email, email_key, active)
        .outerjoin_from(
            TicketParticipant.__table__,
            person,
            person.c.id == sa.func.coalesce(row.user_id, by_address),
        )
        .where(row.ticket_id == ticket_id)
        .subquery("taking_part")
    )
