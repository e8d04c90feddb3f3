"""Teams, and the people who answer."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class SupportTeam(Base):
    """Agents who share a queue."""

    __tablename__ = "support_teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    name_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    strategy: Mapped[str] = mapped_column(sa.String(12))
    is_sticky: Mapped[bool] = mapped_column(default=False)
    """A customer's next ticket goes to whoever had the last one within 30 days."""
    is_default: Mapped[bool] = mapped_column(default=False)
    """Where tickets go that name no team."""
    categories: Mapped[list[str]]
    """Tickets of these categories come here by themselves."""
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    idle_minutes: Mapped[int | None]
    """Of open hours: after so many without a deed of an agent, a ticket is nobody's again."""
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class SupportAgent(Base):
    """One of our people who works on tickets. `id` is that of the person."""

    __tablename__ = "support_agents"

    id: Mapped[int] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    availability: Mapped[str] = mapped_column(sa.String(10), default="available")
    availability_changed_at: Mapped[datetime | None]
    capacity: Mapped[int] = mapped_column(default=20)
    """How much open work they take; see `portal.support.load` for what a ticket weighs."""
    skills: Mapped[list[str]]
    """Categories that they know; empty: all."""
    languages: Mapped[list[str]]
    ignores_shifts: Mapped[bool] = mapped_column(default=True)
    signature: Mapped[str] = mapped_column(sa.String(500), default="")
    last_auto_assigned_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    """The person may still work on tickets: kept in step with their role and access."""


class TeamMember(Base):
    """An agent belongs to a team."""

    __tablename__ = "support_team_members"
    __table_args__ = (sa.Index("ix_support_team_members_agent_id", "agent_id"),)

    team_id: Mapped[int] = mapped_column(
        sa.ForeignKey("support_teams.id", ondelete="CASCADE"), primary_key=True
    )
    agent_id: Mapped[int] = mapped_column(
        sa.ForeignKey("support_agents.id", ondelete="CASCADE"), primary_key=True
    )


class AgentShift(Base):
    """When an agent works, in their own time zone; Monday is 0. Half-open, up to minute 1440."""

    __tablename__ = "support_agent_shifts"

    agent_id: Mapped[int] = mapped_column(
        sa.ForeignKey("support_agents.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True)
    start_minute: Mapped[int] = mapped_column(primary_key=True)
    end_minute: Mapped[int]
