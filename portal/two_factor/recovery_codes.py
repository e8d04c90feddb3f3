"""The code that completes a recovery: made when the waiting time is over, mailed, good for a day.

NIST 800-63B 4.2.1.2 lets a recovery code that is mailed live for 24 hours.
"""

from datetime import timedelta
from typing import Any

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.jobs.registry import handles
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.passwords import hash_password
from portal.staff.telling import tell
from portal.staff.throttles import Throttled, book_failure, buckets
from portal.two_factor.backup_codes import new_code, normalised
from portal.two_factor.models import RecoveryRequest, RecoveryState
from portal.two_factor.recovery_letters import stop_link
from portal.two_factor.recovery_requests import moved, open_request

OPENING = "two_factor.open_recovery"
LIFETIME = timedelta(hours=24)
CODES_BY_PERSON = ((5, timedelta(days=1)),)


class NotYet(Conflict):
    """Nobody approved it, or the waiting time runs."""

    title = "It is not time yet"


def is_ready(request: RecoveryRequest) -> bool:
    """Is the waiting time over?"""
    return request.opens_at is not None and request.opens_at <= clock.now()


def ready_request(admin_id: int) -> RecoveryRequest:
    """The person's request, if it may be completed now.

    Raises:
        NotYet: see the class.
    """
    request = open_request(admin_id)
    if request is None:
        raise NotYet("No recovery of your account is open.")
    if not is_ready(request):
        raise NotYet("Your recovery cannot be completed before the waiting time is over.")
    return request


@handles(OPENING)
def _open(payload: dict[str, Any]) -> None:
    """The waiting time is over. Nothing to do for one that ended, or whose owner came first."""
    request = db.session.get(RecoveryRequest, int(payload["request_id"]))
    if request is None:
        return
    person = locked_person(request.admin_id)
    found = open_request(person.id)
    if found is request and is_ready(request) and request.code_hash is None:
        _send(SYSTEM, person, request)


def send_code_again(*, staff: SignedInStaff) -> None:
    """Another code in place of the last, for a mail that never came or came too long ago.

    Raises:
        NotYet, Throttled: nothing was sent.
    """
    person = locked_person(staff.id)
    request = ready_request(person.id)
    wait = book_failure(buckets(CODES_BY_PERSON, "recovery_code", str(person.id)))
    if wait is not None:
        raise Throttled(wait)
    _send(staff.actor, person, request)


def _send(by: Actor, person: Admin, request: RecoveryRequest) -> None:
    code = new_code()
    expires_at = min(clock.now() + LIFETIME, request.expires_at)
    waiting = RecoveryState.WAITING
    values = {"code_hash": hash_password(normalised(code)), "code_expires_at": expires_at}
    if moved(request, (waiting,), waiting, **values):
        record(Action.RECOVERY_CODE_SENT, by=by, target=target_of(person))
        copies = {person.email: stop_link(by, person, person.email) | {"code": code}}
        tell(Action.RECOVERY_CODE_SENT, by=by, person=person, copies=copies, until=expires_at)
