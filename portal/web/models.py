"""What the web remembers for others: answers that were given under an idempotency key."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class IdempotencyKey(Base):
    """One unsafe API request and its answer, kept in the transaction of its effect."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        sa.UniqueConstraint("caller", "route", "key"),
        sa.Index("ix_idempotency_keys_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caller: Mapped[str] = mapped_column(sa.String(60))
    """Who sent it, as `admin:3` or `api_token:7`: nobody is answered with another's answer."""
    route: Mapped[str] = mapped_column(sa.String(200))
    key: Mapped[str] = mapped_column(sa.String(200))
    body_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    status: Mapped[int | None]
    answer: Mapped[bytes | None]
    created_at: Mapped[datetime]
