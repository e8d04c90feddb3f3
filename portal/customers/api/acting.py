"""Who calls: a person of ours, or a program with a token."""

from portal.core.actor import Actor
from portal.web.access import caller


def acting() -> Actor:
    """The actor behind the request, in a view that demands one."""
    found = caller()
    assert found is not None  # noqa: S101 - `access.guard` let nobody else in
    return found.actor
