"""What proves the second step. Secrets are sealed, codes are hashed."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class TwoFactorAuth(Base):
    """A person's authenticator. Its row exists while the factor is on or was stopped by policy."""

    __tablename__ = "two_factor_auth"

    admin_id: Mapped[int] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="CASCADE"), primary_key=True
    )
    secret_sealed: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(sa.String(40), index=True)
    last_step: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """The newest 30-second step whose code was accepted; only later ones are (RFC 6238 5.2)."""
    consecutive_failures: Mapped[int] = mapped_column(default=0)
    """Reset by success alone, never by time (NIST 800-63B 3.2.2): at 100 the factor stops."""
    enabled_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class Enrolment(Base):
    """A secret that waits for its first code: ten minutes, bound to one session."""

    __tablename__ = "two_factor_enrolments"

    admin_id: Mapped[int] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="CASCADE"), primary_key=True
    )
    session_id: Mapped[str] = mapped_column(
        sa.ForeignKey("admin_sessions.id", ondelete="CASCADE"), index=True
    )
    secret_sealed: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(sa.String(40), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class BackupCode(Base):
    """One of ten codes for the day the phone is gone; works once."""

    __tablename__ = "two_factor_backup_codes"
    __table_args__ = (sa.Index("ix_two_factor_backup_codes_admin_id", "admin_id", "revoked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    batch_id: Mapped[str] = mapped_column(sa.String(36))
    ordinal: Mapped[int]
    code_hash: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    used_ip: Mapped[str | None] = mapped_column(sa.String(45))
    used_session: Mapped[str | None] = mapped_column(sa.String(36))
    revoked_at: Mapped[datetime | None]


class PasskeyHolder(Base):
    """A person as authenticators know them: a random name that tells nothing (WebAuthn 14.6.1)."""

    __tablename__ = "passkey_holders"

    admin_id: Mapped[int] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="CASCADE"), primary_key=True
    )
    user_handle: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    consecutive_failures: Mapped[int] = mapped_column(default=0)
    """As of an authenticator: at 100 the person's passkeys stop."""


class Passkey(Base):
    """One key pair that some authenticator of a person keeps; only its public half is here."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes]
    """In COSE, as the authenticator gave it."""
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    """How often it signed, as it says itself; 0 for ever where it does not count."""
    transports: Mapped[list[str]]
    aaguid: Mapped[str] = mapped_column(sa.String(36))
    """The make of the authenticator, when it tells; zeros otherwise."""
    is_discoverable: Mapped[bool]
    """Can it be found without a name, so that it signs in alone?"""
    is_backup_eligible: Mapped[bool]
    is_backed_up: Mapped[bool]
    label: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a browser is asked to sign: five minutes, once, for one session or visitor."""

    __tablename__ = "passkey_challenges"

    holder_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    """Whose it is, and what for."""
    challenge: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RecoveryState(StrEnum):
    """How far a recovery has come; the last three are its ends."""

    REQUESTED = "requested"
    APPROVED = "approved"
    """By one admin, where a second one has to agree."""
    WAITING = "waiting"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RecoveryRequest(Base):
    """Somebody lost every factor and asks to be let in again; a person has one open at a time."""

    __tablename__ = "recovery_requests"
    __table_args__ = (
        sa.Index("ix_recovery_requests_admin_id_state", "admin_id", "state"),
        sa.Index("ix_recovery_requests_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(sa.String(9))
    created_at: Mapped[datetime]
    ip: Mapped[str | None] = mapped_column(sa.String(45))
    device_label: Mapped[str] = mapped_column(sa.String(80))
    expires_at: Mapped[datetime]
    opens_at: Mapped[datetime | None]
    """When the waiting time ends and the code is sent; set by the last approval."""
    code_hash: Mapped[str | None] = mapped_column(sa.String(200))
    code_expires_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))


class RecoveryApproval(Base):
    """An admin who made sure who asks, and how."""

    __tablename__ = "recovery_approvals"
    __table_args__ = (sa.UniqueConstraint("request_id", "approved_by"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(
        sa.ForeignKey("recovery_requests.id", ondelete="CASCADE")
    )
    approved_by: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    approved_at: Mapped[datetime]
    statement: Mapped[str] = mapped_column(sa.String(1000))
    """How the person's identity was checked, in the approver's words."""
