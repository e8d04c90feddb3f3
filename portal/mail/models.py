"""Every mail that the portal wants to send, and what became of it."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class MailStatus(StrEnum):
    """Where a mail stands.

    `unknown`: the worker died after DATA, so the server may or may not have taken it. Only a
    person decides whether to send it again.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class EmailLog(Base):
    """One mail to one address."""

    __tablename__ = "email_logs"
    __table_args__ = (
        sa.Index("ix_email_logs_status_next_attempt_at", "status", "next_attempt_at", "id"),
        sa.Index("ix_email_logs_status_id", "status", "id"),
        sa.Index("ix_email_logs_created_at_id", "created_at", "id"),
        sa.Index("ix_email_logs_recipient", "recipient", "id"),
        sa.Index("ix_email_logs_cause", "cause_type", "cause_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    template: Mapped[str] = mapped_column(sa.String(60))
    recipient: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str] = mapped_column(sa.String(300))
    body_sealed: Mapped[bytes | None]
    """The finished message (RFC 5322), sealed; wiped once it was sent when it carries a link."""
    carries_secret: Mapped[bool]
    status: Mapped[str] = mapped_column(sa.String(12), default=MailStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    locked_by: Mapped[str | None] = mapped_column(sa.String(80))
    locked_until: Mapped[datetime | None]
    data_started_at: Mapped[datetime | None]
    """Set and committed just before DATA: from then on a crash leaves the fate unknown."""
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(1000))
    created_at: Mapped[datetime]
    cause_type: Mapped[str | None] = mapped_column(sa.String(20))
    cause_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What of a higher room it tells of, as that room names it: several mails may share one."""
