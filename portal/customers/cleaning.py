"""What has served its time is swept out once a day. The ledger keeps what happened."""

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import remove_some
from portal.customers.models import ApiToken, CustomerImport, ImportStatus
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.web.models import IdempotencyKey

KIND = "customers.sweep"
AT_ONCE = 5_000
TOKENS_KEPT_FOR = timedelta(days=30)
IMPORTS_KEPT_FOR = timedelta(days=30)
ANSWERS_KEPT_FOR = timedelta(hours=24)


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove dead tokens, old imports with their lines, and remembered answers: at most 5000 of
    each, so that no transaction grows long, and the next job when there may be more.
    """
    now = clock.now()
    is_dead = sa.or_(
        ApiToken.expires_at < now - TOKENS_KEPT_FOR, ApiToken.revoked_at < now - TOKENS_KEPT_FOR
    )
    is_left_over = sa.and_(
        CustomerImport.created_at < now - IMPORTS_KEPT_FOR,
        CustomerImport.status != ImportStatus.RUNNING,
    )
    remove = partial(remove_some, at_most=AT_ONCE)
    removed = (
        remove(ApiToken, is_dead),
        remove(CustomerImport, is_left_over),
        remove(IdempotencyKey, IdempotencyKey.created_at < now - ANSWERS_KEPT_FOR),
    )
    if AT_ONCE in removed:
        enqueue(KIND, {})


recurring(KIND, every=timedelta(days=1))
