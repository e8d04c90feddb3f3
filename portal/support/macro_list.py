"""What stands beside a ticket of macros: those that can be applied, and those that were."""

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.core.database import UTCDateTime, db
from portal.core.permissions import Permission
from portal.staff.models import Admin
from portal.support.macros import MOST_SHOWN
from portal.support.models import Macro, MacroRun, SupportTicket

MOST_RUNS = 5
NOBODY = sa.literal(None, sa.Integer)
NAMELESS = sa.literal(None, sa.Text)
NEVER = sa.literal(None, UTCDateTime())


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
    return [Run(*row) for row in db.session.execute(_runs(ticket))]


def macros_beside(ticket: SupportTicket, by: Actor) -> dict[str, Any]:
    """For `support/_macros.html`: one question for both lists."""
    may = by.may(Permission.TICKETS_REPLY)
    choices: list[Choice] = []
    runs: list[Run] = []
    for kind, row_id, name, *more in db.session.execute(_both(ticket)):
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


def _both(ticket: SupportTicket) -> sa.Select[*tuple[Any, ...]]:
    kept = sa.select(
        sa.literal("macro").label("kind"),
        sa.cast(Macro.id, sa.BigInteger).label("id"),
        sa.cast(Macro.name, sa.Text).label("name"),
        NEVER.label("ran_at"),
        NOBODY.label("ran_by"),
        NAMELESS.label("who"),
        NEVER.label("undone_at"),
    ).where(Macro.archived_at.is_(None))
    applied = _runs(ticket).subquery()
    both = sa.union_all(
        kept.order_by(Macro.name, Macro.id).limit(MOST_SHOWN).subquery().select(),
        sa.select(sa.literal("run"), *applied.c),
    ).subquery()
    by_name = sa.case((both.c.kind == "macro", both.c.name), else_="")
    return sa.select(both).order_by(both.c.kind, by_name, both.c.id)


def _runs(ticket: SupportTicket) -> sa.Select[*tuple[Any, ...]]:
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
        .where(MacroRun.ticket_id == ticket.id)
        .order_by(MacroRun.id.desc())
        .limit(MOST_RUNS)
    )
