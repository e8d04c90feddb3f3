"""Teams take back what their agents leave lying"""

import sqlalchemy as sa
from alembic import op

revision = "0011_idle_release"
down_revision = "0010_invite_approval"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("support_teams") as batch:
        batch.add_column(sa.Column("idle_minutes", sa.Integer(), nullable=True))


def downgrade():
    with op.batch_alter_table("support_teams") as batch:
        batch.drop_column("idle_minutes")
