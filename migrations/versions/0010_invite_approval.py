"""An invited admin waits for a second admin"""

import sqlalchemy as sa
from alembic import op

revision = "0010_invite_approval"
down_revision = "0009_ticket_search"
branch_labels = None
depends_on = None


def upgrade():
    waits = sa.Column("awaits_approval", sa.Boolean(), nullable=False, server_default=sa.false())
    with op.batch_alter_table("admins") as batch:
        batch.add_column(waits)
    with op.batch_alter_table("admins") as batch:
        batch.alter_column("awaits_approval", server_default=None)


def downgrade():
    with op.batch_alter_table("admins") as batch:
        batch.drop_column("awaits_approval")
