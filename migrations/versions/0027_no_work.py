"""An index of the tickets that are nobody's work"""

import sqlalchemy as sa
from alembic import op

revision = "0027_no_work"
down_revision = "0026_batch_tenants"
branch_labels = None
depends_on = None

NO_WORK = sa.text("status IN ('spam', 'deleted', 'merged')")


def upgrade():
    op.create_index(
        "ix_support_tickets_no_work",
        "support_tickets",
        ["id"],
        sqlite_where=NO_WORK,
        postgresql_where=NO_WORK,
    )


def downgrade():
    op.drop_index("ix_support_tickets_no_work", table_name="support_tickets")
