"""Open tickets in the order in which they came, and in that of their last messages"""

from alembic import op

revision = "0032_sorted_queues"
down_revision = "0031_coupon_months"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_support_tickets_open_created_at": ["is_open", "created_at", "id"],
    "ix_support_tickets_open_last_message_at": ["is_open", "last_message_at", "id"],
}


def upgrade():
    for name, columns in INDEXES.items():
        op.create_index(name, "support_tickets", columns)


def downgrade():
    for name in INDEXES:
        op.drop_index(name, "support_tickets")
