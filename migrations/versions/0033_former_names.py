"""What users were called before, so that it can be forgotten with them"""

import sqlalchemy as sa
from alembic import op

from portal.core.database import UTCDateTime

revision = "0033_former_names"
down_revision = "0032_sorted_queues"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "user_former_names",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_former_names_user_id_users"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_former_names")),
    )
    op.create_index("ix_user_former_names_user_id", "user_former_names", ["user_id", "id"])


def downgrade():
    op.drop_table("user_former_names")
