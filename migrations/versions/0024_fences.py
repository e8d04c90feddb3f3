"""Networks from which a role may come"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024_fences"
down_revision = "0023_recovery"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade():
    op.create_table(
        "role_addresses",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("networks", JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["admins.id"],
            name=op.f("fk_role_addresses_changed_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_role_addresses")),
    )


def downgrade():
    op.drop_table("role_addresses")
