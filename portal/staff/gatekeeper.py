"""Answers for callers who may not pass: where to sign in, what is still owed, what is denied."""

import structlog
from flask import Response, flash, g, make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core.database import db, writing
from portal.core.errors import Denied
from portal.core.permissions import Permission
from portal.staff.cookies import clear_session_cookie
from portal.staff.current import SignedInStaff, cookie_name, kept_out, signed_in
from portal.staff.kept_forms import keep_form
from portal.staff.places import NotFromHere, note_request_outside
from portal.staff.second_factor import ways_of
from portal.staff.sudo_prompt import ask_for_proof
from portal.web.access import SAFE_METHODS, Caller, SessionState
from portal.web.addresses import client_address
from portal.web.csrf import ForgedRequest
from portal.web.errors import answer
from portal.web.htmx import page, see_other, wants_fragment
from portal.web.problems import is_api_request, problem
from portal.web.requests import loggable_path
from portal.web.urls import safe_next, split_url

OWED = {
    SessionState.MUST_ENROL: "two_factor.enrol",
    SessionState.RECOVERY: "two_factor.enrol",
}

log = structlog.get_logger("portal.gatekeeper")


class StaffGatekeeper:
    """The people of `portal.staff` as callers of `portal.web.access`."""

    def caller(self) -> SignedInStaff | None:
        return signed_in()

    def refuse_stranger(self) -> ResponseReturnValue:
        outside = kept_out()
        if outside is not None:
            return _turn_away(outside)
        if is_api_request():
            return problem(401, "not_authenticated", "Not signed in", "Sign in first.")
        if wants_fragment():
            return _leave_for(url_for("staff.sign_in", next=_back_to(_page_behind_htmx())))
        kept = None if request.method in SAFE_METHODS else keep_form()
        if kept is not None:
            return page("staff/session_ended.html", status=401, kept=kept, why=None)
        here = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
        found = make_response(see_other(url_for("staff.sign_in", next=_back_to(here))))
        if cookie_name() in request.cookies:
            flash("Your session ended. Sign in to go on.", "info")
            clear_session_cookie(found)
        return found

    def refuse_state(self, caller: Caller) -> ResponseReturnValue:
        """An active session has nothing to do on a step; an unfinished one must finish."""
        if caller.state is SessionState.ACTIVE:
            if is_api_request():
                return problem(
                    409, "conflict", "Already signed in", "Sign out to sign in once more."
                )
            return see_other(url_for("dashboard.home"))
        if is_api_request():
            return problem(
                401, "not_authenticated", "Sign-in is not finished", "Prove the second step."
            )
        owed = url_for(_owed(caller))
        return _leave_for(owed) if wants_fragment() else see_other(owed)

    def refuse_permission(self, caller: Caller, permission: Permission) -> ResponseReturnValue:
        record_denial(caller, permission.value)
        return answer(
            403,
            "You may not open this",
            f"It needs the permission “{permission.meaning}”.",
        )

    def refuse_token(self, _caller: Caller) -> ResponseReturnValue:
        return problem(
            403,
            "permission_denied",
            "Not for tokens",
            "Only a person who is signed in may do this.",
        )

    def demand_sudo(self, caller: Caller) -> ResponseReturnValue | None:
        staff = signed_in()
        return ask_for_proof(staff) if staff is not None else self.refuse_stranger()

    def note_denial(self, caller: Caller, error: Denied) -> None:
        record_denial(caller, f"{type(error).__name__}: {error.message}")

    def note_forgery(self, error: ForgedRequest) -> None:
        """Forged in a signed-in person's name: an event. In nobody's: anyone could flood those."""
        staff = signed_in()
        reason = str(error.__cause__ or error.message)[:200]
        log.warning("csrf.rejected", reason=reason, request_id=g.get("request_id"))
        if staff is None:
            return
        db.session.rollback()
        with writing():
            record(
                Action.REQUEST_FORGED,
                by=staff.actor,
                target=Target("route", str(request.url_rule), loggable_path()),
                outcome=Outcome.DENIED,
                reason=reason,
            )
            db.session.flush()
        db.session.commit()


def _owed(caller: Caller) -> str:
    """The page of the step that the session still owes; the second one by the preferred way."""
    if caller.state is SessionState.PREAUTH and caller.actor.id is not None:
        return ways_of(caller.actor.id)[0].endpoint
    return OWED[caller.state]


def _turn_away(person: SignedInStaff) -> ResponseReturnValue:
    """Their session stays as it is: from inside it goes on."""
    with writing():
        note_request_outside(by=person.actor, admin_id=person.id, email=person.email)
        db.session.flush()
    db.session.commit()
    refusal = NotFromHere(person.role, client_address())
    return answer(refusal.status, refusal.title, refusal.message)


def record_denial(caller: Caller, reason: str) -> None:
    with writing():
        record(
            Action.ACCESS_DENIED,
            by=caller.actor,
            target=Target("route", str(request.url_rule), loggable_path()),
            outcome=Outcome.DENIED,
            reason=reason[:200],
        )
        db.session.flush()
    db.session.commit()


def _leave_for(url: str) -> Response:
    """A redirect would be swapped into the page: htmx is told to go there instead."""
    found = make_response("", 401)
    found.headers["HX-Redirect"] = url
    return found


def _page_behind_htmx() -> str | None:
    """The address in the browser's bar, of which the fragment was to become a part."""
    parts = split_url(request.headers.get("HX-Current-URL", ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _back_to(target: str | None) -> str | None:
    safe = safe_next(target)
    return safe if safe != "/" else None
