"""An index of what a tenant's reservations hold"""

import sqlalchemy as sa
from alembic import op

revision = "0030_held"
down_revision = "0029_medium"
branch_labels = None
depends_on = None

PENDING = sa.text("status = 'pending'")


def upgrade():
    op.create_index(
        "ix_quota_events_held",
        "quota_events",
        ["tenant_id", "feature_name"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )


def downgrade():
    op.drop_index("ix_quota_events_held", table_name="quota_events")
