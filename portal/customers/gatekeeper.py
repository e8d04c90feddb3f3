"""Answers for programs that may not pass."""

from flask.typing import ResponseReturnValue

from portal.core import clock
from portal.core.errors import Denied
from portal.core.permissions import Permission
from portal.customers.bearer import TokenCaller, token_caller
from portal.customers.rates import RateLimiter
from portal.staff.gatekeeper import StaffGatekeeper, record_denial
from portal.web.access import Caller
from portal.web.csrf import is_bearer_request
from portal.web.problems import problem

MOST_DENIALS = 10


class TokenGatekeeper(StaffGatekeeper):
    """The people of `portal.staff`, and programs. Beside a token cookies count for nothing."""

    def __init__(self) -> None:
        self._denials = RateLimiter(MOST_DENIALS)

    def caller(self) -> Caller | None:  # type: ignore[override]
        return token_caller() if is_bearer_request() else super().caller()

    def refuse_stranger(self) -> ResponseReturnValue:
        if not is_bearer_request():
            return super().refuse_stranger()
        return refused_token()

    def refuse_permission(self, caller: Caller, permission: Permission) -> ResponseReturnValue:
        """A program is told what its token lacks."""
        if not isinstance(caller, TokenCaller):
            return super().refuse_permission(caller, permission)
        if self._may_note(caller):
            record_denial(caller, permission.value)
        return problem(
            403,
            "permission_denied",
            "This token may not do this",
            f"It needs the permission “{permission.meaning}”. This token does not carry it.",
        )

    def note_denial(self, caller: Caller, error: Denied) -> None:
        if self._may_note(caller):
            super().note_denial(caller, error)

    def _may_note(self, caller: Caller) -> bool:
        """Of each token ten times a minute: the ledger keeps every row for ever."""
        if not isinstance(caller, TokenCaller):
            return True
        return not self._denials.take(caller.token_id, clock.now().timestamp()).is_over

    def demand_sudo(self, caller: Caller) -> ResponseReturnValue | None:
        """A program cannot prove itself again: who made its token did, for just these deeds."""
        return None if caller.is_token else super().demand_sudo(caller)


def refused_token() -> ResponseReturnValue:
    """One answer for a token that is unknown, expired, revoked, elsewhere or no token at all."""
    answer = problem(401, "not_authenticated", "Not signed in", "This token opens nothing.")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
