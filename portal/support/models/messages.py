"""What is said in a ticket, and the files that come with it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId
from portal.support.models.tickets import ticket_key

REPLIES = sa.text("kind = 'public' AND author_type = 'agent'")
"""What agents said to customers. Literal, as SQLite uses a partial index for its very words."""


class SupportMessage(Base):
    """One message of a ticket. It is never edited."""

    __tablename__ = "support_messages"
    __table_args__ = (
        sa.Index("ix_support_messages_ticket_id", "ticket_id", "id"),
        sa.Index("ix_support_messages_email_log_id", "email_log_id"),
        sa.Index(
            "ix_support_messages_replies",
            # SQLite reads the index alone only where it holds the words of the condition, too.
            *("author_admin_id", "created_at", "ticket_id", "kind", "author_type"),
            sqlite_where=REPLIES,
            postgresql_where=REPLIES,
        ),
        sa.UniqueConstraint("ticket_id", "submit_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key()
    kind: Mapped[str] = mapped_column(sa.String(8))
    author_type: Mapped[str] = mapped_column(sa.String(8))
    author_admin_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="SET NULL")
    )
    author_user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("users.id", ondelete="SET NULL")
    )
    author_name: Mapped[str] = mapped_column(sa.String(200))
    is_unverified: Mapped[bool] = mapped_column(default=False)
    """It came by mail from somebody who is no participant: shown, and told to nobody else."""
    body: Mapped[str] = mapped_column(sa.Text)
    """Plain text as it was written; `portal.support.bodies` makes safe HTML of it."""
    created_at: Mapped[datetime]
    submit_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Chosen by the form: the same one twice is one message."""
    email_log_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("email_logs.id", ondelete="SET NULL")
    )
    """The mail by which it went to the requester."""
    mail_message_id: Mapped[str | None] = mapped_column(sa.String(998), index=True)
    """The Message-ID by which it came or went."""
    mail_references: Mapped[list[str] | None]
    withdrawn_at: Mapped[datetime | None]
    """Its author took it back before it was sent: it is a note since, and was public before."""


class AttachmentBlob(Base):
    """The bytes of a file, once, however often it was sent."""

    __tablename__ = "attachment_blobs"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    size: Mapped[int]
    created_at: Mapped[datetime]
    """When it came last. Before the bytes, so that SQLite finds it without reading them."""
    data: Mapped[bytes]


class MessageAttachment(Base):
    """A file that came with a message. Nothing about it is believed."""

    __tablename__ = "message_attachments"
    __table_args__ = (sa.Index("ix_message_attachments_message_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(
        BigId, sa.ForeignKey("support_messages.id", ondelete="CASCADE")
    )
    sha256: Mapped[str] = mapped_column(
        sa.ForeignKey("attachment_blobs.sha256", ondelete="RESTRICT"), index=True
    )
    filename: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    """Found by looking at the bytes, not by what the sender said."""
    size: Mapped[int]
