"""What the deeds about service levels and business calendars refuse."""

from portal.core.errors import Conflict, DomainError, NotFound


class NoSuchRule(NotFound):
    """No service level has this id."""


class NoSuchCalendar(NotFound):
    """No business calendar has this id."""


class BadLevel(DomainError):
    """A term of a service level is out of its range, or says nothing."""


class BadHours(DomainError):
    """These hours cannot be a calendar."""


class NameTaken(Conflict):
    """Calendars are told apart by their names."""


class InUse(Conflict):
    """Service levels still count by it."""


class Archived(Conflict):
    """What is archived is neither changed nor used any more."""
