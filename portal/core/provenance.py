"""Where a deed came from: what the ledger records beside who did it.

`portal.web` sets it at the start of a request and staff adds the session; outside a request
every field is empty. A context variable, so that deeds need no Flask to be recorded fully.
"""

from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Provenance:
    """The request behind a deed."""

    ip: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    method: str | None = None
    route: str | None = None
    session_ref: str | None = None
    """First 16 hex digits of the SHA-256 of the session id: links events, opens nothing."""
    amr: tuple[str, ...] = ()
    """How the session was proven: `pwd`, `otp`, `backup`, `passkey`."""
    has_sudo: bool = False


_provenance: ContextVar[Provenance] = ContextVar("provenance", default=Provenance())


def provenance() -> Provenance:
    return _provenance.get()


def set_provenance(found: Provenance) -> None:
    _provenance.set(found)


def add_session(*, session_ref: str, amr: tuple[str, ...], has_sudo: bool) -> None:
    """Complete the request's provenance once its session is known."""
    found = replace(_provenance.get(), session_ref=session_ref, amr=amr, has_sudo=has_sudo)
    _provenance.set(found)
