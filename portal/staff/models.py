"""People, their sessions, and what signing in leaves behind."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class Theme(StrEnum):
    """How the pages look."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class LinkPurpose(StrEnum):
    """What a mailed link is good for; each opens one page only."""

    INVITE = "invite"
    RESET = "reset"
    EMAIL_CHANGE = "email_change"
    EMAIL_UNDO = "email_undo"
    RECOVERY_STOP = "recovery_stop"


class Admin(Base):
    """A person of ours who may sign in. Invited people have no password yet."""

    __tablename__ = "admins"
    __table_args__ = (sa.Index("ix_admins_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(320))
    email_key: Mapped[str] = mapped_column(sa.String(320), unique=True)
    """The address as compared: NFC and case-folded."""
    name: Mapped[str] = mapped_column(sa.String(120))
    role: Mapped[str] = mapped_column(sa.String(20))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    password_changed_at: Mapped[datetime | None]
    email_verified_at: Mapped[datetime | None]
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    theme: Mapped[str] = mapped_column(sa.String(5), default=Theme.AUTO)
    shortcuts_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    invited_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    joined_at: Mapped[datetime | None]
    awaits_approval: Mapped[bool] = mapped_column(default=False)
    """An invited admin, until a second admin says yes; before that no invitation is sent."""
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    is_second_factor_on: Mapped[bool] = mapped_column(default=False)
    """Kept by `portal.two_factor` beside its own rows: a list and a sign-in need no join."""
    recovery_until: Mapped[datetime | None]
    """Until when a recovery of the account is open, kept likewise: every page of theirs tells."""


class AdminSession(Base):
    """One browser in which a person is, or is about to be, signed in."""

    __tablename__ = "admin_sessions"
    __table_args__ = (
        sa.Index("ix_admin_sessions_admin_id", "admin_id", "revoked_at"),
        sa.Index("ix_admin_sessions_network", "network", "created_at"),
        # It never changes, and few are ahead: what finds the live ones.
        sa.Index("ix_admin_sessions_absolute_expires_at", "absolute_expires_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    admin_id: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(sa.String(12))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    idle_expires_at: Mapped[datetime]
    absolute_expires_at: Mapped[datetime]
    password_proven_at: Mapped[datetime | None]
    """When this session last proved the password: what enrolling a factor asks for."""
    sudo_until: Mapped[datetime | None]
    sudo_method: Mapped[str | None] = mapped_column(sa.String(8))
    amr: Mapped[str] = mapped_column(sa.String(40), default="")
    """How it was proven, space-separated: `pwd`, `otp`, `backup`, `passkey`."""
    wrong_codes: Mapped[int] = mapped_column(default=0)
    csrf_secret: Mapped[str] = mapped_column(sa.String(64))
    ip_first: Mapped[str | None] = mapped_column(sa.String(45))
    ip_last: Mapped[str | None] = mapped_column(sa.String(45))
    network: Mapped[str] = mapped_column(sa.String(64))
    user_agent: Mapped[str | None] = mapped_column(sa.String(512))
    device_label: Mapped[str] = mapped_column(sa.String(80))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    revoke_reason: Mapped[str | None] = mapped_column(sa.String(40))


class AuthThrottle(Base):
    """Failures of one bucket in its running window."""

    __tablename__ = "auth_throttle"

    bucket_key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    failures: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(index=True)


class StaffLink(Base):
    """A mailed link: single use, bound to its purpose, its address and the present password."""

    __tablename__ = "staff_links"
    __table_args__ = (sa.Index("ix_staff_links_admin_id_purpose", "admin_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    admin_id: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(sa.String(14))
    email: Mapped[str] = mapped_column(sa.String(320))
    """The address the link is about: the new one for a change, the old one for an undo."""
    password_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Notice(Base):
    """Something a person should know, shown under the bell until read."""

    __tablename__ = "notices"
    __table_args__ = (sa.Index("ix_notices_admin_id_read_at", "admin_id", "read_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    admin_id: Mapped[int] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(60))
    text: Mapped[str] = mapped_column(sa.String(500))
    url: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class RolePolicy(Base):
    """Whether a role must use a second factor, and how long a person may take to set it up."""

    __tablename__ = "role_policies"

    role: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    is_second_factor_required: Mapped[bool] = mapped_column(default=True)
    grace_days: Mapped[int] = mapped_column(default=0)
    """Counted from when the person joined or the rule changed, whichever is later."""
    recovery_hours: Mapped[int] = mapped_column(default=24)
    """How long a recovery waits after its approval, so that the owner can still object."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))


class RoleAddresses(Base):
    """The networks from which people of a role may come. Without a row: from anywhere."""

    __tablename__ = "role_addresses"

    role: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    networks: Mapped[list[str]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
