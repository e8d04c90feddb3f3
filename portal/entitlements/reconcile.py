"""The proof that counters say what the ledger says, and who is over their limit.

A counter is a cache of the ledger's lines of its running period. Nothing is mended silently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.core.database import db

# One line of the ledger as (bucket, period, used, reserved), in the words of each database.
LINES = {
    "sqlite": """
        SELECT json_extract(line.value, '$.bucket') AS bucket,
               substr(replace(json_extract(line.value, '$.period_start'), 'T', ' '), 1, 26)
                 AS period_start,
               json_extract(line.value, '$.used') AS used,
               json_extract(line.value, '$.reserved') AS reserved
        FROM quota_events, json_each(quota_events.allocations) AS line""",
    "postgresql": """
        SELECT CAST(line ->> 'bucket' AS bigint) AS bucket,
               CAST(line ->> 'period_start' AS timestamptz) AS period_start,
               CAST(line ->> 'used' AS bigint) AS used,
               CAST(line ->> 'reserved' AS bigint) AS reserved
        FROM quota_events, jsonb_array_elements(quota_events.allocations) AS line""",
}
DRIFT = """
    WITH lines AS ({lines}),
    told AS (
      SELECT bucket, period_start, SUM(used) AS used, SUM(reserved) AS reserved
      FROM lines GROUP BY bucket, period_start
    )
    SELECT quota_buckets.id, quota_buckets.tenant_id, quota_buckets.user_key,
           quota_buckets.feature_name, quota_buckets.source,
           quota_buckets.used, quota_buckets.reserved,
           COALESCE(told.used, 0) AS told_used, COALESCE(told.reserved, 0) AS told_reserved
    FROM quota_buckets LEFT JOIN told
      ON told.bucket = quota_buckets.id AND told.period_start = quota_buckets.period_start
    WHERE quota_buckets.used <> COALESCE(told.used, 0)
       OR quota_buckets.reserved <> COALESCE(told.reserved, 0)
    ORDER BY quota_buckets.id"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A counter that does not say what the ledger says."""

    bucket_id: int
    tenant_id: int
    user_key: int
    feature_name: str
    source: str
    used: int
    reserved: int
    told_used: int
    told_reserved: int

    def __str__(self) -> str:
        whose = f"tenant {self.tenant_id}" + (f", user {self.user_key}" if self.user_key else "")
        return (
            f"bucket {self.bucket_id} ({whose}, {self.feature_name}, {self.source}): "
            f"used {self.used}, ledger {self.told_used}; "
            f"reserved {self.reserved}, ledger {self.told_reserved}"
        )


def drifts() -> Iterator[Drift]:
    """Every counter that differs from the sum of its ledger lines."""
    statement: Any = sa.text(DRIFT.format(lines=LINES[db.engine.dialect.name]))
    for row in db.session.execute(statement):
        yield Drift(*row)


def counters_checked() -> int:
    """How many there are."""
    return db.session.scalar(sa.text("SELECT COUNT(*) FROM quota_buckets")) or 0
