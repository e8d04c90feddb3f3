"""Where the log is told outside."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId


class StreamKind(StrEnum):
    """By which way a stream leaves the portal."""

    WEBHOOK = "webhook"
    SYSLOG = "syslog"
    FILE = "file"


class StreamFormat(StrEnum):
    """In which words the events of a stream are told."""

    OCSF = "ocsf"
    ECS = "ecs"
    CANONICAL = "canonical"


class AuditStream(Base):
    """One place outside that is told each event, in the order of the leaves."""

    __tablename__ = "audit_streams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[StreamKind] = mapped_column(sa.String(10))
    address: Mapped[str] = mapped_column(sa.String(500))
    format: Mapped[StreamFormat] = mapped_column(sa.String(10))
    next_index: Mapped[int] = mapped_column(BigId)
    """The leaf to be told next: all before it were taken by the receiver."""
    secret: Mapped[bytes | None]
    """Sealed. A webhook's alone."""
    previous_secret: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    failing_since: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(500))
    last_sent_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    """A worker tells the next batch until then."""
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
