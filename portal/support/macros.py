"""Macros: several steps on a ticket by one press. What they may hold, and who keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.staleness import Stale
from portal.entitlements.superseding import grantable_feature
from portal.entitlements.terms import LARGEST_LIMIT, OF_A_LIMIT
from portal.staff.identity import checked_name
from portal.support.bodies import checked_body
from portal.support.change_words import NothingToChange, checked_change
from portal.support.filling import check_variables
from portal.support.models import Macro, SupportTeam
from portal.support.names import name_of_person
from portal.support.ticket_grants import feature_label

LONGEST_NAME = 80
MOST_DAYS = 365
MOST_SHOWN = 200


class BadGrant(DomainError):
    """What the macro would grant has no end, or a limit that is none."""


def macros() -> Sequence[Macro]:
    """Those that can be applied, by name."""
    query = sa.select(Macro).where(Macro.archived_at.is_(None)).order_by(Macro.name, Macro.id)
    return db.session.scalars(query.limit(MOST_SHOWN)).all()


def macro_or_404(macro_id: int, *, lock: bool = False) -> Macro:
    """
    Raises:
        NotFound: there is none that can be applied.
    """
    query = sa.select(Macro).where(Macro.id == macro_id, Macro.archived_at.is_(None))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("There is no such macro.")
    return found


def create_macro(*, by: Actor, name: str, steps: Mapping[str, Any]) -> Macro:
    """A macro for everybody who answers tickets; each does with it what they may do themselves.

    Raises:
        BadName, NothingToChange, BadBody, UnknownVariable, BadGrant: what was given (422), and
            as `checked_change`.
        NotFound: there is no such feature (404).
        Denied: this person does not manage the desk (403).
    """
    _check_may(by)
    return _saved(by, Macro(version=0), name, steps)


def change_macro(
    *, by: Actor, macro_id: int, name: str, steps: Mapping[str, Any], version: int
) -> Macro:
    """Other steps, if nobody saved it since `version`.

    Raises:
        Stale: somebody saved it since (409). Else as `create_macro`.
    """
    _check_may(by)
    macro = macro_or_404(macro_id, lock=True)
    if macro.version != version:
        raise Stale(
            f"{macro.changed_by_label} saved this macro meanwhile. Yours was not saved.",
            present=macro.version,
        )
    return _saved(by, macro, name, steps)


def archive_macro(*, by: Actor, macro_id: int) -> Macro:
    """Take it out of every list; what it did on tickets can still be taken back."""
    _check_may(by)
    macro = macro_or_404(macro_id, lock=True)
    macro.archived_at = clock.now()
    record(Action.MACRO_ARCHIVED, by=by, target=target_of_macro(macro))
    return macro


def _check_may(by: Actor) -> None:
    if not by.may(Permission.SUPPORT_MANAGE):
        raise Denied("Macros are kept by managers.")


def _saved(by: Actor, macro: Macro, name: str, steps: Mapping[str, Any]) -> Macro:
    # Checked before the row is touched: what asks the database would write half of it.
    name = checked_name(name, longest=LONGEST_NAME, missing="Write what this macro is called.")
    checked = checked_steps(steps)
    macro.name, macro.steps = name, checked
    macro.version += 1
    macro.changed_at, macro.changed_by_label = clock.now(), by.label
    db.session.add(macro)
    db.session.flush()
    meta = {"version": macro.version, "steps": sorted(macro.steps)}
    record(Action.MACRO_SAVED, by=by, target=target_of_macro(macro), meta=meta)
    return macro


def checked_steps(steps: Mapping[str, Any]) -> dict[str, Any]:
    """The steps in their one form. Raises as `create_macro`."""
    found = checked_change(steps)
    if steps.get("body"):
        found["body"] = checked_body(steps["body"])
        found["is_internal"] = bool(steps.get("is_internal"))
        check_variables(found["body"])
    if "grant" in steps:
        found["grant"] = _checked_grant(steps["grant"])
    if not found:
        raise NothingToChange("Choose what the macro does.")
    return found


def _checked_grant(grant: Mapping[str, Any]) -> dict[str, Any]:
    days, limit = grant.get("days"), grant.get("quota_limit")
    if days is None or not 1 <= days <= MOST_DAYS:
        raise BadGrant(f"Say for how many days, from 1 to {MOST_DAYS}.", field="days")
    if limit is not None and not 0 <= limit <= LARGEST_LIMIT:
        raise BadGrant(OF_A_LIMIT, field="quota_limit")
    grantable_feature(grant["feature_name"])
    limited = {} if limit is None else {"quota_limit": limit}
    return {"feature_name": grant["feature_name"], "days": days, **limited}


def targets_of(steps: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Whom, which team and which feature the steps name, gone or not: (value, name) by field."""
    found: dict[str, tuple[str, str]] = {}
    if steps.get("assign_to") is not None:
        person_id = steps["assign_to"]
        found["assign_to"] = str(person_id), name_of_person(person_id, "Somebody")
    if steps.get("team_id") is not None:
        team = db.session.get(SupportTeam, steps["team_id"])
        found["team_id"] = str(steps["team_id"]), team.name if team else "A team"
    if "grant" in steps:
        name = steps["grant"]["feature_name"]
        found["feature_name"] = name, feature_label(name)
    return found


def target_of_macro(macro: Macro) -> Target:
    return Target("macro", macro.id, macro.name)
