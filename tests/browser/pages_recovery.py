"""Scenes of a recovery: of who lost everything, and of the admins who decide."""

from datetime import timedelta

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.links import issue_link
from portal.staff.models import Admin, LinkPurpose
from portal.two_factor.models import RecoveryApproval, RecoveryRequest, RecoveryState
from portal.two_factor.recovery_requests import OPEN
from tests.browser.scene import Scene, Who

SCENES: dict[str, list[Scene]] = {
    "two_factor.lost_device": [Scene(Who.PREAUTH, "/sign-in/lost-device")],
    "two_factor.use_backup_code": [Scene(Who.PREAUTH, "/sign-in/lost-device/backup-code")],
    "two_factor.recovery": [
        Scene(Who.LOST, "/sign-in/recovery"),
        Scene(Who.RECOVERING, "/sign-in/recovery"),
    ],
    "two_factor.stop_recovery": [
        Scene(Who.NOBODY, "/recovery/{stop}"),
        Scene(Who.NOBODY, "/recovery/used-long-ago", 410),
    ],
    "two_factor.list_recoveries": [
        Scene(Who.ANN, "/staff/recovery"),
        Scene(Who.ANN, "/staff/recovery?state=ended"),
        Scene(Who.MO, "/staff/recovery", 403),
    ],
    "two_factor.decide_recovery": [
        Scene(Who.ANN, "/staff/recovery/{asked}"),
        Scene(Who.ANN, "/staff/recovery/{recovering}"),
        Scene(Who.ANN, "/staff/recovery/{stopped}"),
        Scene(Who.ANN, "/staff/recovery/0", 404),
    ],
}


def rows(people: dict[Who, Admin], ann: Admin, frozen: Admin) -> dict[str, object]:
    """One that was just asked for, one whose waiting time is over, and one that was stopped."""
    now = clock.now()
    asked = request_of(people[Who.LOST])
    recovering = request_of(
        people[Who.RECOVERING], state=RecoveryState.WAITING, opens_at=now - timedelta(hours=1)
    )
    opens_at = now + timedelta(hours=23)
    request_of(people[Who.ALARMED], state=RecoveryState.WAITING, opens_at=opens_at)
    stopped = request_of(frozen, state=RecoveryState.CANCELLED, closed_at=now, closed_by=frozen.id)
    said = "I called her on the number that HR has."
    db.session.add(
        RecoveryApproval(
            request_id=recovering.id, approved_by=ann.id, approved_at=now, statement=said
        )
    )
    lost = db.session.get_one(Admin, people[Who.LOST].id)
    token = issue_link(admin=lost, purpose=LinkPurpose.RECOVERY_STOP, email=lost.email, by=SYSTEM)
    found = {"asked": asked, "recovering": recovering, "stopped": stopped}
    return {**{name: request.id for name, request in found.items()}, "stop": token}


def request_of(person: Admin, **more: object) -> RecoveryRequest:
    now = clock.now()
    values = {
        "admin_id": person.id,
        "state": RecoveryState.REQUESTED,
        "created_at": now - timedelta(hours=2),
        "ip": "203.0.113.7",
        "device_label": "Firefox on Linux",
        "expires_at": now + timedelta(days=2),
        **more,
    }
    request = RecoveryRequest(**values)
    db.session.add(request)
    if request.state in OPEN:
        db.session.get_one(Admin, person.id).recovery_until = request.expires_at
    db.session.flush()
    return request
