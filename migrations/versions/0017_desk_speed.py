"""Indexes by which the queues are counted without their tickets"""

from alembic import op

revision = "0017_desk_speed"
down_revision = "0016_audit_archives"
branch_labels = None
depends_on = None

TABLE = "support_tickets"
QUEUED, COUNTED = ["is_open", "queue_at", "id"], ["snoozed_until", "status"]
INDEXES = {
    "queue": (QUEUED, [*QUEUED, *COUNTED, "waiting_since"]),
    "assignee": (["assignee_id", *QUEUED], ["assignee_id", *QUEUED, *COUNTED]),
    "team": (["team_id", *QUEUED], ["team_id", *QUEUED, *COUNTED]),
    "snoozed_until": (["snoozed_until"], ["snoozed_until", "is_open", "status", "id"]),
}
"""The columns of each before, and now."""


def upgrade():
    for name, (_, columns) in INDEXES.items():
        _replace(name, columns)


def downgrade():
    for name, (columns, _) in INDEXES.items():
        _replace(name, columns)


def _replace(name, columns):
    op.drop_index(f"ix_{TABLE}_{name}", TABLE)
    op.create_index(f"ix_{TABLE}_{name}", TABLE, columns)
