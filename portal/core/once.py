"""One form that is sent twice, or one request that is tried again, is one deed."""

import secrets

from portal.core.errors import Conflict


class FormUsed(Conflict):
    """The same form did something else before."""


def new_once() -> str:
    """What makes two submits of one form, or two tries of one request, the same."""
    return secrets.token_urlsafe(24)
