"""Indexes by which an agent's week, live sessions and undecided trials are counted"""

import sqlalchemy as sa
from alembic import op

revision = "0021_dashboard"
down_revision = "0020_goodwill"
branch_labels = None
depends_on = None

REPLIES = "kind = 'public' AND author_type = 'agent'"
INDEXES = (
    (
        "support_messages",
        "replies",
        ["author_admin_id", "created_at", "ticket_id", "kind", "author_type"],
        REPLIES,
    ),
    (
        "support_tickets",
        "solved_by",
        ["assignee_id", "solved_at", "status"],
        "solved_at IS NOT NULL",
    ),
    ("admin_sessions", "absolute_expires_at", ["absolute_expires_at"], None),
    (
        "subscriptions",
        "undecided",
        ["trial_ends_at"],
        "status = 'trialing' AND ends_at IS NULL",
    ),
)


def upgrade():
    for table, name, columns, condition in INDEXES:
        where = sa.text(condition) if condition else None
        op.create_index(
            f"ix_{table}_{name}", table, columns, sqlite_where=where, postgresql_where=where
        )


def downgrade():
    for table, name, _, _ in INDEXES:
        op.drop_index(f"ix_{table}_{name}", table)
