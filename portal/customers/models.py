"""Tenants, their users, and API tokens."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


def _key(length: int) -> sa.String:
    """Text that is compared by code point on both databases, so that an index finds a prefix."""
    plain = sa.String(length)
    return plain.with_variant(sa.String(length, collation="C"), "postgresql")


class TenantStatus(StrEnum):
    """Only an active tenant's users get anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class UserStatus(StrEnum):
    """Only an active user of a tenant gets anything."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class ImportStatus(StrEnum):
    """How far the rows of a file have come."""

    PREVIEWED = "previewed"
    RUNNING = "running"
    DONE = "done"


class TokenKind(StrEnum):
    """On whose behalf a token acts."""

    SERVICE = "service"
    USER = "user"
    STAFF = "staff"


class Tenant(Base):
    """A customer company. `external_id` is what the product calls it."""

    __tablename__ = "tenants"
    __table_args__ = (sa.Index("ix_tenants_name_key_id", "name_key", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(sa.String(128), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str] = mapped_column(_key(200))
    """The name case-folded: what lists sort and searches compare by."""
    status: Mapped[str] = mapped_column(sa.String(10), default=TenantStatus.ACTIVE)
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="UTC")
    entitlement_version: Mapped[int] = mapped_column(sa.BigInteger, default=1)
    """Raised in the transaction of every write that can change an answer about this tenant."""
    created_at: Mapped[datetime]
    status_changed_at: Mapped[datetime | None]


class User(Base):
    """A person who works for one tenant. Erased ones keep their row, without their data."""

    __tablename__ = "users"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "external_id"),
        sa.Index("ix_users_tenant_id_name_key", "tenant_id", "name_key", "id"),
        sa.Index("ix_users_tenant_id_status", "tenant_id", "status"),
        sa.Index("ix_users_email_key", "email_key", "id"),
        sa.Index("ix_users_name_key_id", "name_key", "id"),
        sa.Index("ix_users_status_name_key_id", "status", "name_key", "id"),
        sa.Index("ix_users_external_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    external_id: Mapped[str] = mapped_column(sa.String(128))
    name: Mapped[str] = mapped_column(sa.String(200))
    name_key: Mapped[str] = mapped_column(_key(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    email_key: Mapped[str] = mapped_column(_key(320))
    status: Mapped[str] = mapped_column(sa.String(10), default=UserStatus.ACTIVE)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))


class FormerName(Base):
    """What a user was called before, and where mails reached them."""

    __tablename__ = "user_former_names"
    __table_args__ = (
        sa.Index("ix_user_former_names_user_id", "user_id", "id"),
        sa.Index("ix_user_former_names_email_key", "email_key", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    email_key: Mapped[str] = mapped_column(sa.String(320))
    until: Mapped[datetime]


class StatusChange(Base):
    """When a tenant or a user became active or not: what "as of" questions read."""

    __tablename__ = "customer_status_changes"
    __table_args__ = (
        sa.Index("ix_customer_status_changes_tenant_id", "tenant_id", "user_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    """None: the tenant's own status changed."""
    status: Mapped[str] = mapped_column(sa.String(10))
    at: Mapped[datetime]


class CustomerImport(Base):
    """A file of customers, first shown row by row, then taken in by the worker."""

    __tablename__ = "customer_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(sa.String(200))
    status: Mapped[str] = mapped_column(sa.String(10), default=ImportStatus.PREVIEWED)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class CustomerImportRow(Base):
    """One line of the file, what it would change, and what it did."""

    __tablename__ = "customer_import_rows"

    import_id: Mapped[int] = mapped_column(
        sa.ForeignKey("customer_imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]]
    effect: Mapped[str] = mapped_column(sa.String(10))
    """`create`, `update`, `same` or `refused`, as found by the preview or when it was taken in."""
    detail: Mapped[str | None] = mapped_column(sa.String(500))
    done_at: Mapped[datetime | None]


class ApiToken(Base):
    """What a program shows to act: `bop_<public id>_<secret><check>`; only a hash is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        sa.Index("ix_api_tokens_kind_id", "kind", "id"),
        sa.Index("ix_api_tokens_user_id", "user_id"),
        sa.Index("ix_api_tokens_admin_id", "admin_id"),
        sa.Index("ix_api_tokens_minted_by", "minted_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(8), unique=True)
    secret_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    kind: Mapped[str] = mapped_column(sa.String(8))
    name: Mapped[str] = mapped_column(sa.String(120))
    scopes: Mapped[list[str]]
    """Scopes of a service token, permissions of a staff token, empty for a user token."""
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    admin_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    minted_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("api_tokens.id", ondelete="SET NULL")
    )
    """The service token that made this user token, and takes it along when it is revoked."""
    networks: Mapped[list[str]]
    """Networks from which it may be used; empty: from anywhere."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    last_used_at: Mapped[datetime | None]
    last_used_ip: Mapped[str | None] = mapped_column(sa.String(45))
