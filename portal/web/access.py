"""Who may open which view: declared on the view, enforced here, before the view runs.

A view without a declaration is refused, so forgetting one cannot open a door. A test walks the
URL map and fails for a view that declares nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from portal.core.actor import Actor
from portal.core.database import db, read_only
from portal.core.errors import Denied, DomainError
from portal.core.permissions import Permission
from portal.web.csrf import (
    ForgedRequest,
    check_csrf,
    check_json_body,
    refuse_foreign_origin,
    refuse_packed_body,
)
from portal.web.problems import is_api_request

View = TypeVar("View", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SessionState(StrEnum):
    """How far a session has proven who it is. Only an active one reaches the portal's work."""

    PREAUTH = "preauth"
    MUST_ENROL = "must_enrol"
    RECOVERY = "recovery"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Access:
    """What a view demands of its caller."""

    is_public: bool = False
    permission: Permission | None = None
    states: frozenset[SessionState] = frozenset()


class Caller(Protocol):
    """The person or token behind a request."""

    @property
    def actor(self) -> Actor: ...
    @property
    def state(self) -> SessionState: ...
    @property
    def is_token(self) -> bool:
        """A program, which reaches the API's permissions and nothing else."""


class Gatekeeper(Protocol):
    """Finds the caller and answers the ones who may not pass. The staff room registers it."""

    def caller(self) -> Caller | None:
        """Who calls; None for a stranger."""

    def refuse_stranger(self) -> ResponseReturnValue:
        """The way to the sign-in page, or a 401."""

    def refuse_state(self, caller: Caller) -> ResponseReturnValue:
        """The way to the step that the session still owes, or a 401."""

    def refuse_permission(self, caller: Caller, permission: Permission) -> ResponseReturnValue:
        """A 403, recorded."""

    def refuse_token(self, caller: Caller) -> ResponseReturnValue:
        """A 403: people's own pages and routes are not for programs."""

    def demand_sudo(self, caller: Caller) -> ResponseReturnValue | None:
        """None when the caller has proven themselves within minutes, else the prompt."""

    def note_denial(self, caller: Caller, error: Denied) -> None:
        """A deed refused the caller and was rolled back: record that they tried."""

    def note_forgery(self, error: ForgedRequest) -> None:
        """A forged request was refused: leave the trace that it deserves."""


def public(view: View) -> View:
    """Anybody may open it, signed in or not."""
    return _declare(view, Access(is_public=True))


def requires(permission: Permission) -> Callable[[View], View]:
    """An active session whose person has the permission."""
    access = Access(permission=permission, states=frozenset({SessionState.ACTIVE}))
    return lambda view: _declare(view, access)


def in_state(*states: SessionState) -> Callable[[View], View]:
    """A session in one of these states: for the steps of signing in, and their own pages."""
    access = Access(states=frozenset(states))
    return lambda view: _declare(view, access)


def sudo(view: View) -> View:
    """Danger: the caller proves themselves again, at most ten minutes ago."""
    view.needs_sudo = True  # type: ignore[attr-defined]
    return view


def audits(*actions: StrEnum) -> Callable[[View], View]:
    """The events that this view leaves when it succeeds.

    A view that only answers GET and declares one may write. Where one view draws a form and takes
    it, drawing only reads.
    """

    def mark(view: View) -> View:
        view.audited_actions = frozenset(actions)  # type: ignore[attr-defined]
        return view

    return mark


def unaudited(why: str) -> Callable[[View], View]:
    """This view changes state that needs no event; the reason stands beside it."""

    def mark(view: View) -> View:
        view.unaudited_because = why  # type: ignore[attr-defined]
        return view

    return mark


def reads_only(view: View) -> View:
    """It changes nothing, though its method could: no transaction is begun.

    For questions that need a body. Writing in one fails, as in a GET.
    """
    view.reads_only = True  # type: ignore[attr-defined]
    return view


def accepts_files(most_bytes: int) -> Callable[[View], View]:
    """Its form may weigh so much, files and all; every other request stays small.

    Whoever may not pass is refused before a byte of theirs is read.
    """

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def without_csrf_token(why: str) -> Callable[[View], View]:
    """The caller cannot have a token yet; content type and fetch metadata protect the view."""

    def mark(view: View) -> View:
        view.without_csrf_token_because = why  # type: ignore[attr-defined]
        return view

    return mark


def _declare(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def init_access(app: Flask, gatekeeper: Gatekeeper) -> None:
    """Put the guard in front of every view."""
    app.extensions["portal_gatekeeper"] = gatekeeper
    app.before_request(guard)
    app.teardown_request(_leave)
    app.view_functions["static"] = public(app.view_functions["static"])


def _leave(_error: BaseException | None) -> None:
    """What runs later in this thread may write, until a request says otherwise."""
    read_only(False)


def guard() -> ResponseReturnValue | None:
    """Order matters: who calls, may they, is the form theirs, have they proven it again."""
    view = current_app.view_functions.get(request.endpoint or "")
    method = request.method
    read_only(_only_reads(view, method))
    if view is None:
        return None  # 404 or 405: Flask answers
    refusal = _refuse_access(view)
    if refusal is not None:
        return refusal
    if method in SAFE_METHODS:
        return _demand_sudo(view)
    if hasattr(view, "most_bytes"):
        request.max_content_length = view.most_bytes
    refuse_packed_body()
    check_json_body(parse=not hasattr(view, "reads_body_itself"))
    _refuse_forgery(view)
    return _demand_sudo(view)


def _only_reads(view: Callable[..., Any] | None, method: str) -> bool:
    if method in SAFE_METHODS:
        return not _writes_when_read(view)
    return hasattr(view, "reads_only")


def _writes_when_read(view: Callable[..., Any] | None) -> bool:
    rule = request.url_rule
    takes_forms = rule is not None and bool((rule.methods or set()) - SAFE_METHODS)
    return hasattr(view, "audited_actions") and not takes_forms


def _refuse_forgery(view: Callable[..., Any]) -> None:
    has_no_token = hasattr(view, "without_csrf_token_because")
    try:
        refuse_foreign_origin() if has_no_token else check_csrf()
    except ForgedRequest as error:
        _gatekeeper().note_forgery(error)
        raise


def caller() -> Caller | None:
    """Who calls, looked up once a request."""
    known = g._get_current_object()  # noqa: SLF001 - each look through the proxy costs
    if "caller" not in known:
        known.caller = _gatekeeper().caller()
    found: Caller | None = known.caller
    return found


def acting() -> Actor:
    """The actor behind the request, in a view that demands one."""
    found = caller()
    assert found is not None  # noqa: S101 - `guard` let nobody else in
    return found.actor


def roll_back(refusal: DomainError) -> None:
    """Nothing of the deed stays, but the trace of an attempt that was denied to who is known."""
    db.session.rollback()
    if isinstance(refusal, Denied) and refusal.is_attempt and (found := caller()) is not None:
        _gatekeeper().note_denial(found, refusal)


def _refuse_access(view: Callable[..., Any]) -> ResponseReturnValue | None:
    access: Access = getattr(view, "access", Access())
    if access.is_public:
        return None
    found = caller()
    if found is None:
        return _gatekeeper().refuse_stranger()
    if found.state not in access.states:
        return _gatekeeper().refuse_state(found)
    if found.is_token and (access.permission is None or not is_api_request()):
        return _gatekeeper().refuse_token(found)
    if access.permission is not None and not found.actor.may(access.permission):
        return _gatekeeper().refuse_permission(found, access.permission)
    return None


def _demand_sudo(view: Callable[..., Any]) -> ResponseReturnValue | None:
    return demand_proof() if getattr(view, "needs_sudo", False) else None


def demand_proof() -> ResponseReturnValue | None:
    """For a view that is dangerous with some bodies alone: what `sudo` demands of all of them."""
    found = caller()
    return _gatekeeper().demand_sudo(found) if found else _gatekeeper().refuse_stranger()


def _gatekeeper() -> Gatekeeper:
    found: Gatekeeper = current_app.extensions["portal_gatekeeper"]
    return found
