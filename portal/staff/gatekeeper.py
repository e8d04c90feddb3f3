"""Answers for callers who may not pass: where to sign in, what is still owed, what is denied."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core.database import db, writing
from portal.core.permissions import Permission
from portal.staff.current import SignedInStaff, signed_in
from portal.web.access import SAFE_METHODS, Caller, SessionState
from portal.web.errors import answer
from portal.web.htmx import see_other
from portal.web.problems import is_api_request, problem

OWED = {
    SessionState.PREAUTH: "staff.second_factor",
    SessionState.MUST_ENROL: "two_factor.enrol",
    SessionState.RECOVERY: "two_factor.enrol",
}


class StaffGatekeeper:
    """The people of `portal.staff` as callers of `portal.web.access`."""

    def caller(self) -> SignedInStaff | None:
        return signed_in()

    def refuse_stranger(self) -> ResponseReturnValue:
        if is_api_request():
            return problem(401, "not_authenticated", "Not signed in", "Sign in first.")
        if request.method in SAFE_METHODS and request.path != "/":
            return see_other(url_for("staff.sign_in", next=request.full_path.rstrip("?")))
        return see_other(url_for("staff.sign_in"))

    def refuse_state(self, caller: Caller) -> ResponseReturnValue:
        """An active session has nothing to do on a step; an unfinished one must finish."""
        if caller.state is SessionState.ACTIVE:
            if is_api_request():
                return problem(409, "conflict", "Already signed in")
            return see_other(url_for("dashboard.home"))
        if is_api_request():
            return problem(
                401, "not_authenticated", "Sign-in is not finished", "Prove the second step."
            )
        return see_other(url_for(OWED[caller.state]))

    def refuse_permission(self, caller: Caller, permission: Permission) -> ResponseReturnValue:
        with writing():
            record(
                Action.ACCESS_DENIED,
                by=caller.actor,
                target=Target("route", str(request.url_rule), request.path),
                outcome=Outcome.DENIED,
                reason=permission.value,
            )
            db.session.flush()
        if request.method not in SAFE_METHODS:
            db.session.commit()
        return answer(
            403,
            "You may not open this",
            f"It needs the permission “{permission.meaning}”. "
            "An admin can give you a role that has it.",
        )

    def demand_sudo(self, caller: Caller) -> ResponseReturnValue | None:
        return None
