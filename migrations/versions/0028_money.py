"""An index of the events about money"""

import sqlalchemy as sa
from alembic import op

revision = "0028_money"
down_revision = "0027_no_work"
branch_labels = None
depends_on = None

ABOUT_MONEY = sa.text(
    "substr(action, 1, 7) = 'coupon.' OR substr(action, 1, 9) = 'goodwill.'"
    " OR substr(action, 1, 5) = 'plan.' OR substr(action, 1, 13) = 'subscription.'"
)


def upgrade():
    op.create_index(
        "ix_audit_events_money",
        "audit_events",
        ["occurred_at", "id"],
        sqlite_where=ABOUT_MONEY,
        postgresql_where=ABOUT_MONEY,
    )


def downgrade():
    op.drop_index("ix_audit_events_money", table_name="audit_events")
