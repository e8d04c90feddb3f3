"""Business calendars, service levels, and the clocks that run by them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId
from portal.support.models.tickets import ticket_key

LIVE = sa.text("state <> 'superseded'")
AHEAD = sa.text("state = 'running' AND breached_at IS NULL")
"""In time so far. Literal, as SQLite uses a partial index for the very words of it alone."""
UNWARNED = sa.text("state = 'running' AND breached_at IS NULL AND warned_at IS NULL")
UNTOLD = sa.text(
    "state IN ('running', 'paused') AND breached_at IS NOT NULL AND escalated_at IS NULL"
)
"""Broken, and nobody has been told."""


class BusinessCalendarRow(Base):
    """A calendar by name. What it says stands in its versions, which never change."""

    __tablename__ = "business_calendars"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    name_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class CalendarVersion(Base):
    """What a calendar said at one time."""

    __tablename__ = "business_calendar_versions"

    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("business_calendars.id", ondelete="RESTRICT"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    """`{zone, weekly: {"0": [[540, 1020]]}, holidays: ["2026-12-25"], country, subdivision,
    special_days: {"2026-12-24": [[540, 780]]}}`."""
    created_at: Mapped[datetime]
    created_by_label: Mapped[str] = mapped_column(sa.String(320))


class SlaRule(Base):
    """What is promised to which tickets. The first that matches, by position, counts."""

    __tablename__ = "sla_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    position: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    priority: Mapped[str | None] = mapped_column(sa.String(8))
    min_plan_level: Mapped[int | None]
    channel: Mapped[str | None] = mapped_column(sa.String(8))
    category: Mapped[str | None] = mapped_column(sa.String(12))
    tag: Mapped[str | None] = mapped_column(sa.String(40))
    first_response_s: Mapped[int | None]
    next_response_s: Mapped[int | None]
    resolution_s: Mapped[int | None]
    update_s: Mapped[int | None]
    """How long after an answer the customer hears again."""
    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("business_calendars.id", ondelete="RESTRICT")
    )
    warn_percent: Mapped[int] = mapped_column(default=75)
    on_change: Mapped[str] = mapped_column(sa.String(8), default="keep")
    on_reopen: Mapped[str] = mapped_column(sa.String(8), default="continue")
    pauses_on_hold: Mapped[bool] = mapped_column(default=False)
    escalations: Mapped[list[str]]
    """What happens when a clock warns or breaks: `warning:notify_assignee`,
    `breach:notify_lead`, `breach:raise_priority`, `breach:tag:late`, `breach:unassign`."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class SlaRuleVersion(Base):
    """What a rule said at one time."""

    __tablename__ = "sla_rule_versions"

    rule_id: Mapped[int] = mapped_column(
        sa.ForeignKey("sla_rules.id", ondelete="RESTRICT"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by_label: Mapped[str] = mapped_column(sa.String(320))


def _index(name: str, column: str, where: sa.TextClause) -> sa.Index:
    """What the sweeper finds its work by."""
    named = f"ix_ticket_sla_clocks_{name}"
    return sa.Index(named, column, "id", sqlite_where=where, postgresql_where=where)


class TicketClock(Base):
    """One promise of one ticket: how much time was used, and until when it may run."""

    __tablename__ = "ticket_sla_clocks"
    __table_args__ = (
        sa.Index(
            "uq_ticket_sla_clocks_live",
            "ticket_id",
            "metric",
            "cycle_no",
            unique=True,
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        _index("due", "due_at", AHEAD),
        _index("warn", "warn_at", UNWARNED),
        _index("untold", "breached_at", UNTOLD),
        sa.Index("ix_ticket_sla_clocks_rule_id", "rule_id", "state"),
        sa.Index("ix_ticket_sla_clocks_calendar_id", "calendar_id", "state"),
        sa.Index("ix_ticket_sla_clocks_started_at", "metric", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key(index=True)
    metric: Mapped[str] = mapped_column(sa.String(16))
    cycle_no: Mapped[int] = mapped_column(default=1)
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("sla_rules.id", ondelete="RESTRICT"))
    rule_version: Mapped[int]
    calendar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("business_calendars.id", ondelete="RESTRICT")
    )
    calendar_version: Mapped[int]
    target_s: Mapped[int]
    consumed_s: Mapped[int] = mapped_column(default=0)
    """Business seconds up to `running_since`."""
    running_since: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    warn_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    """The `due_at` that passed, whoever noticed it and when."""
    breach_reason: Mapped[str | None] = mapped_column(sa.String(20))
    superseded_by: Mapped[int | None] = mapped_column(BigId)
    warned_at: Mapped[datetime | None]
    """When the people were told that it is getting late: once."""
    escalated_at: Mapped[datetime | None]
    """When its breach was told, and acted on: once."""
