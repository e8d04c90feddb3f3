"""Whose account is being recovered, beside the person"""

import sqlalchemy as sa
from alembic import op

revision = "0025_recovering"
down_revision = "0024_fences"
branch_labels = None
depends_on = None

OPEN_UNTIL = """
UPDATE admins SET recovery_until = (
    SELECT max(expires_at) FROM recovery_requests
    WHERE admin_id = admins.id AND state IN ('requested', 'approved', 'waiting')
)
"""


def upgrade():
    op.add_column("admins", sa.Column("recovery_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(OPEN_UNTIL)


def downgrade():
    op.drop_column("admins", "recovery_until")
