"""How each view of a recovery is driven once."""

from typing import TYPE_CHECKING

from werkzeug.test import TestResponse

from portal.core.roles import Role
from portal.staff.policies import change_policy
from tests.cast import actor, signed_in
from tests.two_factor.recovery_steps import (
    STATEMENT,
    complete,
    mailed_code,
    request_of,
    stop_path,
)

if TYPE_CHECKING:
    from tests.house.drives import Stage

KIND = "two_factor.open_recovery"


def _asked(s: "Stage") -> int:
    s.halfway.submit("/sign-in/recovery/request")
    return int(request_of(s.bea).id)


def _decided(s: "Stage", verb: str) -> TestResponse:
    return s.here.submit(f"/staff/recovery/{_asked(s)}/{verb}", statement=STATEMENT)


def _approved(s: "Stage") -> None:
    """Without a wait: the code can be had at once."""
    policy = {"is_required": True, "grace_days": 0, "recovery_hours": 0}
    change_policy(by=actor(s.ann), role=Role.SUPPORT_AGENT, **policy)
    _decided(s, "approve")


def _complete(s: "Stage") -> TestResponse:
    _approved(s)
    s.run_jobs(KIND)
    s.secrets.add(mailed_code())
    return complete(s.app, s.bea, mailed_code(), browser=s.halfway)


def _stop(s: "Stage") -> TestResponse:
    _asked(s)
    path = stop_path()
    s.secrets.add(path.removeprefix("/recovery/"))
    return s.visitor.submit(path)


def _send_code(s: "Stage") -> TestResponse:
    _approved(s)
    return s.halfway.submit("/sign-in/recovery/send-code")


def _lost_device(s: "Stage") -> TestResponse:
    url = "/sign-in/lost-device/backup-code"
    return s.halfway.submit(url, backup_code=s.backup_code(), is_lost="y")


DRIVES = {
    "two_factor.use_backup_code": _lost_device,
    "two_factor.request_recovery": lambda s: s.halfway.submit("/sign-in/recovery/request"),
    "two_factor.approve_request": lambda s: _decided(s, "approve"),
    "two_factor.reject_request": lambda s: _decided(s, "reject"),
    "two_factor.send_recovery_code": _send_code,
    "two_factor.complete": _complete,
    "two_factor.stop": _stop,
    "two_factor.stop_recovery_of_mine": lambda s: (
        _asked(s),
        signed_in(s.app, s.bea).submit("/account/security/stop-recovery"),
    )[1],
}
