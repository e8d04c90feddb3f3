"""The nightly round: verify, keep the result, tell people when it is bad."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.audit.models import Verification
from portal.audit.verifying.report import Ending, Kind, Report
from portal.audit.verifying.signals import verification_failed
from portal.audit.verifying.snapshots import verify_now
from portal.audit.verifying.sources import Unreadable, local_anchors, local_keys
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.jobs.models import Job
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring

KIND = "audit.verify"
ONLY_ONE = f"recurring:{KIND}"
"""A round that a person asks for is the nightly one, when that is already due."""
SHOWN = 30
KEPT_FOR = timedelta(days=400)
ACTIONS = {
    Ending.WHOLE: Action.AUDIT_VERIFIED,
    Ending.TAMPERED: Action.AUDIT_VERIFICATION_FAILED,
    Ending.NOT_PROVABLE: Action.AUDIT_VERIFICATION_UNPROVEN,
}

recurring(KIND, every=timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Round:
    """A verification that waits for the worker, or is under way."""

    asked_at: datetime
    is_running: bool


def latest() -> Verification | None:
    """The newest result that was kept."""
    return next(iter(rounds(1)), None)


def rounds(most: int = SHOWN) -> list[Verification]:
    """The newest results, the newest first."""
    newest = sa.select(Verification).order_by(Verification.id.desc()).limit(most)
    return list(db.session.scalars(newest))


def under_way() -> Round | None:
    """The round that is not over; None when nobody asked for one."""
    row = db.session.execute(
        sa.select(Job.created_at, Job.locked_by).where(Job.dedupe_key == ONLY_ONE)
    ).one_or_none()
    return None if row is None else Round(row.created_at, row.locked_by is not None)


def ask_for_round(*, by: Actor) -> None:
    """Queue a verification now. While one is not over, that one is meant."""
    enqueue(KIND, {}, dedupe_key=ONLY_ONE)
    record(Action.AUDIT_VERIFICATION_REQUESTED, by=by)


@handles(KIND)
def verify_all(_payload: dict[str, Any]) -> None:
    """Reads for as long as it takes without holding anything up, then writes."""
    keep(*_verified())
    forget_old()


def _verified() -> tuple[datetime, Report]:
    started_at = clock.now()
    db.session.rollback()
    anchors, why = _anchors()
    keys = _or_nothing(local_keys)
    report = verify_now(keys, anchors)
    report.unknown += why
    return started_at, report


def _anchors() -> tuple[list[Any], list[str]]:
    try:
        return local_anchors(), []
    except Unreadable as error:
        return [], [str(error)]


def _or_nothing(read: Callable[[], list[Any]]) -> list[Any]:
    """A key that cannot be used is none: the report then says that nothing is proven."""
    try:
        return read()
    except Unreadable:
        return []


def keep(started_at: datetime, report: Report) -> Verification:
    """Store a result with its event, and tell whoever listens of a bad one."""
    before = latest()
    silences = _pass_over_old_silences(report, before)
    kept = Verification(
        started_at=started_at,
        finished_at=clock.now(),
        tree_size=report.tree_size,
        exit_code=int(report.exit_code),
        faults=report.as_dict() | {"silences": silences},
    )
    db.session.add(kept)
    _record(report)
    db.session.flush()
    if _is_news(report, before):
        verification_failed.send(kept)
    return kept


def _pass_over_old_silences(report: Report, before: Verification | None) -> list[int]:
    """A silence that is over stays in the log for ever. Told once, it becomes a note, so that
    what else may happen is seen. Returns after which leaves there were silences.
    """
    told = before.faults.get("silences", []) if before else []
    silences = [fault for fault in report.faults if fault.kind is Kind.HEARTBEAT_GAP]
    for fault in silences:
        is_over = (fault.leaf_index or 0) < report.sealed_size
        if is_over and fault.leaf_index in told:
            report.faults.remove(fault)
            report.notes.append(f"Told before: {fault.message}")
    return [fault.leaf_index for fault in silences if fault.leaf_index is not None]


def _record(report: Report) -> None:
    why = report.faults[0].message if report.faults else " ".join(report.unknown)
    record(
        ACTIONS[report.exit_code],
        by=SYSTEM,
        outcome=Outcome.SUCCESS if report.exit_code == Ending.WHOLE else Outcome.FAILURE,
        reason=why or None,
        meta={
            "tree_size": report.tree_size,
            "signed_size": report.signed_size,
            "faults": [fault.as_dict() for fault in report.faults[:3]],
        },
    )


def _is_news(report: Report, before: Verification | None) -> bool:
    """What is wrong is told each night; what cannot be proven, if it could be the night before."""
    if report.exit_code == Ending.NOT_PROVABLE:
        return before is not None and before.exit_code == Ending.WHOLE
    return report.exit_code == Ending.TAMPERED


def forget_old() -> None:
    old = sa.delete(Verification).where(Verification.finished_at < clock.now() - KEPT_FOR)
    db.session.execute(old, execution_options={"synchronize_session": False})
