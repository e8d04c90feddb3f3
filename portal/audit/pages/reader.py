"""Who reads or manages the ledger now."""

from portal.core.actor import Actor
from portal.web.access import caller


def reader() -> Actor:
    """The signed-in person behind the request; `@requires` let nobody else in."""
    person = caller()
    assert person is not None  # noqa: S101 - see above
    return person.actor
