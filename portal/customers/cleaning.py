"""What has served its time is swept out once a day. The ledger keeps what happened."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows
from portal.customers.models import ApiToken, CustomerImport, ImportStatus
from portal.jobs.registry import handles, recurring
from portal.web.models import IdempotencyKey

KIND = "customers.sweep"
TOKENS_KEPT_FOR = timedelta(days=30)
IMPORTS_KEPT_FOR = timedelta(days=30)
ANSWERS_KEPT_FOR = timedelta(hours=24)


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove dead tokens, old imports with their lines, and remembered answers."""
    now = clock.now()
    is_dead = sa.or_(
        ApiToken.expires_at < now - TOKENS_KEPT_FOR, ApiToken.revoked_at < now - TOKENS_KEPT_FOR
    )
    changed_rows(sa.delete(ApiToken).where(is_dead))
    changed_rows(
        sa.delete(CustomerImport).where(
            CustomerImport.created_at < now - IMPORTS_KEPT_FOR,
            CustomerImport.status != ImportStatus.RUNNING,
        )
    )
    changed_rows(
        sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < now - ANSWERS_KEPT_FOR)
    )


recurring(KIND, every=timedelta(days=1))
