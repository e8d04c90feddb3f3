"""The root of every refusal. A room derives its own, named for what happened."""

from typing import ClassVar


class DomainError(Exception):
    """A rule said no. The message is shown to the person and says what to do.

    Raising one rolls the transaction back: nothing of the attempt stays.
    """

    status: ClassVar[int] = 422
    code: ClassVar[str] = "validation_failed"
    title: ClassVar[str] = "That did not work"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(DomainError):
    """No such thing, or none that this person may know of: both get the same answer."""

    status = 404
    code = "not_found"
    title = "Not found"


class Conflict(DomainError):
    """The present state forbids it."""

    status = 409
    code = "conflict"
    title = "That is not possible now"


class Denied(DomainError):
    """This person may not do this."""

    status = 403
    code = "permission_denied"
    title = "Not allowed"
    is_attempt: ClassVar[bool] = True
    """The ledger keeps that it was tried. False: an answer to a question that may be asked."""
