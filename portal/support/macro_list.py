"""What stands beside a ticket of macros: those that can be applied, and those that were."""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import UTCDateTime, db
from portal.core.permissions import Permission
from portal.core.quick import Quick
from portal.staff.models import Admin
from portal.support.macros import MOST_SHOWN
from portal.support.models import Macro, MacroRun, SupportTicket

MOST_RUNS = 5
NOBODY = sa.cast(sa.null(), sa.Integer)
NAMELESS = sa.cast(sa.null(), sa.Text)
NEVER = sa.cast(sa.null(), UTCDateTime())


class Run(NamedTuple):
    """One line of what was applied to a ticket."""

    id: int
    name: str
    ran_at: datetime
    ran_by: int | None
    who: str | None
    undone_at: datetime | None


class Choice(NamedTuple):
    """A macro that can be applied."""

    id: int
    name: str


def runs_of(ticket: SupportTicket) -> list[Run]:
    """The latest first."""
    return [Run(*row) for row in db.session.execute(_runs(ticket.id))]


def macros_beside(ticket: SupportTicket, by: Actor) -> dict[str, Any]:
    """For `support/_macros.html`: one question for both lists."""
    may = by.may(Permission.TICKETS_REPLY)
    choices: list[Choice] = []
    runs: list[Run] = []
    for kind, row_id, name, *more in _both().rows(ticket=ticket.id):
        if kind == "macro":
            choices.append(Choice(row_id, name))
        else:
            runs.append(Run(row_id, name, *more))
    return {
        "macros": choices if may else [],
        "runs": runs[::-1],
        "undoer_id": by.id if may else None,
        "may_undo_all": by.may(Permission.SUPPORT_MANAGE),
    }


@cache
def _both() -> Quick:
    """Built once: every page of a ticket asks."""
    kept = sa.select(
        sa.literal("macro").label("kind"),
        sa.cast(Macro.id, sa.BigInteger).label("id"),
        sa.cast(Macro.name, sa.Text).label("name"),
        NEVER.label("ran_at"),
        NOBODY.label("ran_by"),
        NAMELESS.label("who"),
        NEVER.label("undone_at"),
    ).where(Macro.archived_at.is_(None))
    applied = _runs(sa.bindparam("ticket", type_=sa.Integer)).subquery()
    both = sa.union_all(
        kept.order_by(Macro.name, Macro.id).limit(MOST_SHOWN).subquery().select(),
        sa.select(sa.literal("run"), *applied.c),
    ).subquery()
    by_name = sa.case((both.c.kind == "macro", both.c.name), else_="")
    return Quick(sa.select(both).order_by(both.c.kind, by_name, both.c.id))


def _runs(ticket_id: int | sa.BindParameter[int]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            MacroRun.id,
            sa.cast(Macro.name, sa.Text).label("name"),
            MacroRun.ran_at,
            MacroRun.ran_by,
            sa.cast(Admin.name, sa.Text).label("who"),
            MacroRun.undone_at,
        )
        .join(Macro, Macro.id == MacroRun.macro_id)
        .outerjoin(Admin, Admin.id == MacroRun.ran_by)
        .where(MacroRun.ticket_id == ticket_id)
        .order_by(MacroRun.id.desc())
        .limit(MOST_RUNS)
    )
