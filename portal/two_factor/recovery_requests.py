"""Everything is lost: a person with the right password asks to be let in again by two people.

`requested` -> (`approved`, while a second admin has to agree) -> `waiting` -> `completed`, or it
ends as `cancelled` or `expired`. Each move is a compare and set on the state.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.core.provenance import provenance
from portal.core.roles import Role
from portal.staff.current import SignedInStaff
from portal.staff.devices import device_label
from portal.staff.directory import locked_person
from portal.staff.links import revoke_links
from portal.staff.models import Admin, LinkPurpose
from portal.staff.naming import target_of
from portal.staff.signals import person_changed
from portal.staff.telling import tell, tell_deciders
from portal.staff.throttles import Throttled, book_failure, buckets
from portal.two_factor.models import RecoveryRequest, RecoveryState
from portal.two_factor.recovery_letters import copies_that_stop

ASKED_FOR = timedelta(days=7)
"""How long a request may wait for its approval."""
OPEN_FOR = timedelta(hours=72)
"""How long it may be completed once the waiting time is over."""
REQUESTS_BY_PERSON = ((5, timedelta(days=1)),)
ENDS = {RecoveryState.COMPLETED, RecoveryState.CANCELLED, RecoveryState.EXPIRED}
OPEN = tuple(state for state in RecoveryState if state not in ENDS)


class NobodyToAsk(Conflict):
    """Two people recover an account, and there is no second one."""

    title = "There is nobody who could approve it"


def open_request(admin_id: int) -> RecoveryRequest | None:
    """The person's request that is under way, as the database has it now."""
    return db.session.scalar(
        sa.select(RecoveryRequest)
        .where(
            RecoveryRequest.admin_id == admin_id,
            RecoveryRequest.state.in_(OPEN),
            RecoveryRequest.expires_at > clock.now(),
        )
        .order_by(RecoveryRequest.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def request_named(request_id: int) -> RecoveryRequest:
    """Whoever may see one may see them all: the view's permission is the whole scope.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(RecoveryRequest, request_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such recovery.")
    return found


def ask_for_recovery(*, staff: SignedInStaff) -> RecoveryRequest:
    """Ask; every address of the person hears of it and can stop it. The open one, when asked twice.

    Raises:
        NobodyToAsk, Throttled: nothing was asked.
    """
    person = locked_person(staff.id)
    found = open_request(person.id)
    if found is not None:
        return found
    wait = book_failure(buckets(REQUESTS_BY_PERSON, "recovery", str(person.id)))
    if wait is not None:
        raise Throttled(wait)
    approvers = approvers_for(person.id)
    if not approvers:
        raise NobodyToAsk("Whoever runs the server can let you in from its command line.")
    expire_requests(RecoveryRequest.admin_id == person.id)
    request = _added(person)
    record(Action.RECOVERY_REQUESTED, by=staff.actor, target=target_of(person))
    copies = copies_that_stop(by=staff.actor, person=person)
    tell(Action.RECOVERY_REQUESTED, by=staff.actor, person=person, copies=copies)
    asked = Action.RECOVERY_REQUESTED
    tell_deciders(asked, admin_ids=approvers, person=person, about=request.id)
    return request


def _added(person: Admin) -> RecoveryRequest:
    origin, now = provenance(), clock.now()
    request = RecoveryRequest(
        admin_id=person.id,
        state=RecoveryState.REQUESTED,
        created_at=now,
        ip=origin.ip,
        device_label=device_label(origin.user_agent),
        expires_at=now + ASKED_FOR,
    )
    db.session.add(request)
    person.recovery_until = request.expires_at
    db.session.flush()
    return request


def approvers_for(person_id: int) -> Sequence[int]:
    """The other admins who could approve: active, and with a second factor of their own."""
    query = sa.select(Admin.id).where(
        Admin.role == Role.ADMIN,
        Admin.id != person_id,
        Admin.joined_at.is_not(None),
        Admin.disabled_at.is_(None),
        Admin.is_second_factor_on,
    )
    return db.session.scalars(query.order_by(Admin.id)).all()


def moved(
    request: RecoveryRequest,
    came_from: Sequence[RecoveryState],
    state: RecoveryState,
    *conditions: sa.ColumnElement[bool],
    **values: object,
) -> bool:
    """Compare and set; False when somebody else moved it first. The object is brought along.

    The caller holds the lock of the person, whose pages tell of it while it is open.
    """
    taken = db.session.scalar(
        sa.update(RecoveryRequest)
        .where(
            RecoveryRequest.id == request.id,
            RecoveryRequest.state.in_(came_from),
            RecoveryRequest.expires_at > clock.now(),
            *conditions,
        )
        .values(state=state, **values)
        .returning(RecoveryRequest.id),
        execution_options={"synchronize_session": False},
    )
    db.session.refresh(request)
    if taken is not None:
        person = db.session.get_one(Admin, request.admin_id)
        person.recovery_until = request.expires_at if request.state in OPEN else None
    return taken is not None


def ended(by: Actor) -> dict[str, object]:
    """What every end notes: when and by whom, and that no code opens anything any more."""
    closed_by = by.id if by.type is ActorType.ADMIN else None
    return {"closed_at": clock.now(), "closed_by": closed_by, "code_hash": None}


def drop_requests(*, by: Actor, person: Admin, reason: str) -> bool:
    """End what is open because the account was changed in another way. The account stays as is.

    False when nothing was open.
    """
    request = open_request(person.id)
    if request is None or not moved(request, OPEN, RecoveryState.CANCELLED, **ended(by)):
        return False
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    record(Action.RECOVERY_CANCELLED, by=by, target=target_of(person), reason=reason)
    return True


@person_changed.connect
def _drop_of_disabled(person: Admin, *, by: Actor) -> None:
    """Whoever is shut out and let in again begins anew: the links that would stop it are dead."""
    if person.disabled_at is not None:
        drop_requests(by=by, person=person, reason="disabled")


def expire_requests(*which: sa.ColumnElement[bool]) -> int:
    """End those whose time is over. How many there were."""
    now: datetime = clock.now()
    gone = db.session.scalars(
        sa.update(RecoveryRequest)
        .where(RecoveryRequest.state.in_(OPEN), RecoveryRequest.expires_at <= now, *which)
        .values(state=RecoveryState.EXPIRED, **ended(SYSTEM))
        .returning(RecoveryRequest.admin_id),
        execution_options={"synchronize_session": False},
    ).all()
    for admin_id in gone:
        person = db.session.get_one(Admin, admin_id)
        revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
        record(Action.RECOVERY_EXPIRED, by=SYSTEM, target=target_of(person))
        tell(Action.RECOVERY_EXPIRED, by=SYSTEM, person=person)
    return len(gone)
