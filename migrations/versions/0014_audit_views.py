"""Saved views of the audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0014_audit_views"
down_revision = "0013_audit_search"
branch_labels = None
depends_on = None

SHARED = "owner_id IS NULL"


def upgrade():
    op.create_table(
        "audit_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["admins.id"],
            name=op.f("fk_audit_views_owner_id_admins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_views")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_audit_views_owner_id_name_key")),
    )
    op.create_index(
        "uq_audit_views_shared",
        "audit_views",
        ["name_key"],
        unique=True,
        sqlite_where=sa.text(SHARED),
        postgresql_where=sa.text(SHARED),
    )


def downgrade():
    op.drop_index(
        "uq_audit_views_shared",
        "audit_views",
        sqlite_where=sa.text(SHARED),
        postgresql_where=sa.text(SHARED),
    )
    op.drop_table("audit_views")
