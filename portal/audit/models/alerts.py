"""What somebody is told about."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId


class GroupBy(StrEnum):
    """Of whom or what an alert counts the events."""

    NOBODY = ""
    ACTOR = "actor"
    TARGET = "target"
    ADDRESS = "address"


class AlertRule(Base):
    """Which events, how many of them and how soon, somebody is told about."""

    __tablename__ = "audit_alert_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    actions: Mapped[list[str]]
    """Any action when empty."""
    outcome: Mapped[str | None] = mapped_column(sa.String(10))
    lowest_severity: Mapped[str | None] = mapped_column(sa.String(10))
    role: Mapped[str | None] = mapped_column(sa.String(20))
    """The new role of a `staff.role_changed`, the role of a person who joined."""
    threshold: Mapped[int]
    minutes: Mapped[int]
    """The window of the threshold."""
    group_by: Mapped[GroupBy] = mapped_column(sa.String(10))
    quiet_minutes: Mapped[int]
    """For so long the same alert about the same one is counted and not told again."""
    roles: Mapped[list[str]]
    """Whom it is told: everybody with one of these roles."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Alert(Base):
    """A rule that was met: by which event, and who has looked at it since."""

    __tablename__ = "audit_alerts"
    __table_args__ = (
        sa.UniqueConstraint("rule_id", "event_id"),
        sa.Index("ix_audit_alerts_rule_id_about", "rule_id", "about", "raised_at"),
        sa.Index("ix_audit_alerts_acknowledged_at", "acknowledged_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int]
    rule_name: Mapped[str] = mapped_column(sa.String(80))
    event_id: Mapped[str] = mapped_column(sa.String(36))
    about: Mapped[str] = mapped_column(sa.String(400))
    """Whom or what the rule counts by, as plain text; empty when it counts everything."""
    text: Mapped[str] = mapped_column(sa.String(500))
    count: Mapped[int]
    """How many events met it until its quiet time was over."""
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(sa.String(320))


class WatchPlace(Base):
    """The one row that says which leaf the alerts look at next."""

    __tablename__ = "audit_watch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    next_index: Mapped[int] = mapped_column(BigId)
