"""Showing the addresses that pages mask: who looked is an event, what they saw is not in it."""

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.reading import is_noted
from portal.core.actor import Actor
from portal.core.errors import Denied, NotFound
from portal.core.permissions import Permission
from portal.customers.models import User
from portal.customers.naming import target_of_user


def unmask(*, by: Actor, user: User) -> str:
    """The user's whole address.

    Raises:
        Denied: it is not for this person.
        NotFound: the user was erased.
    """
    _check(by, user)
    _note(by, user)
    return user.email


def unmask_to_edit(*, by: Actor, user: User) -> str:
    """As `unmask`, for a form: opened again within five minutes it leaves no second event."""
    _check(by, user)
    if not is_noted(Action.CUSTOMER_PII_UNMASKED, by=by, thing=user.id):
        _note(by, user)
    return user.email


def _check(by: Actor, user: User) -> None:
    if not by.may(Permission.CUSTOMERS_UNMASK):
        raise Denied("You may not see the addresses of customers.")
    if user.erased_at is not None:
        raise NotFound("Nothing is held of this person any more.")


def _note(by: Actor, user: User) -> None:
    target = target_of_user(user)
    record(Action.CUSTOMER_PII_UNMASKED, by=by, target=target, tenant_id=user.tenant_id)
