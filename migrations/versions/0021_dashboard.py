"""Indexes by which an agent's own week is counted"""

import sqlalchemy as sa
from alembic import op

revision = "0021_dashboard"
down_revision = "0019_coupon_batches"
branch_labels = None
depends_on = None

REPLIES = sa.text("kind = 'public' AND author_type = 'agent'")
SOLVED = sa.text("solved_at IS NOT NULL")


def upgrade():
    op.create_index(
        "ix_support_messages_replies",
        "support_messages",
        ["author_admin_id", "created_at", "ticket_id"],
        sqlite_where=REPLIES,
        postgresql_where=REPLIES,
    )
    op.create_index(
        "ix_support_tickets_solved_by",
        "support_tickets",
        ["assignee_id", "solved_at", "status"],
        sqlite_where=SOLVED,
        postgresql_where=SOLVED,
    )


def downgrade():
    op.drop_index("ix_support_tickets_solved_by", "support_tickets")
    op.drop_index("ix_support_messages_replies", "support_messages")
