"""What the catalogue refuses."""

from portal.core.errors import Conflict, DomainError, NotFound


class NoSuchFeature(NotFound):
    """No feature has this name."""


class NoSuchPlan(NotFound):
    """No plan has this name."""


class NameTaken(Conflict):
    """Names are for ever: answers, grants and the ledger speak of them."""


class Archived(Conflict):
    """What is no longer offered is not changed any more."""


class InUse(Conflict):
    """Customers still depend on it."""


class BadTerms(DomainError):
    """A value is out of its range, or two of them contradict each other."""


class UnknownPlan(DomainError):
    """A plan of this name is not on offer."""
