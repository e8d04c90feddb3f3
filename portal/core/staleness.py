"""Two people with one form open: the second learns that there was a first."""

import hashlib

from portal.core.errors import Conflict


class Stale(Conflict):
    """Somebody changed it after the form was opened.

    `present` is what a form that was opened now would carry of it: a version or a fingerprint.
    """

    code = "stale"
    title = "Somebody was faster"

    def __init__(
        self, message: str, *, field: str | None = None, present: int | str | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.present = present


def fingerprint(*values: str) -> str:
    """What a form carries to say which values its reader saw."""
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()[:16]


def check_seen(seen: str | None, *values: str) -> None:
    """Are these the values that the writer saw? None: a program, which saw nothing.

    Raises:
        Stale: see the class.
    """
    present = fingerprint(*values)
    if seen is not None and seen != present:
        raise Stale("Somebody changed it a moment ago. Yours was not saved.", present=present)
