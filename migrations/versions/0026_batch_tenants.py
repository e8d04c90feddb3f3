"""Batches for named tenants, uses by coupon, and a promise to be heard from again"""

import sqlalchemy as sa
from alembic import op

revision = "0026_batch_tenants"
down_revision = "0025_recovering"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "coupon_batch_tenants",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["coupon_batches.id"],
            name=op.f("fk_coupon_batch_tenants_batch_id_coupon_batches"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_coupon_batch_tenants_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("batch_id", "tenant_id", name=op.f("pk_coupon_batch_tenants")),
    )
    op.create_index(
        op.f("ix_coupon_batch_tenants_tenant_id"), "coupon_batch_tenants", ["tenant_id"]
    )
    op.create_index("ix_coupon_usages_coupon_id", "coupon_usages", ["coupon_id", "id"])
    op.add_column("sla_rules", sa.Column("update_s", sa.Integer(), nullable=True))


def downgrade():
    op.drop_column("sla_rules", "update_s")
    op.drop_index("ix_coupon_usages_coupon_id", table_name="coupon_usages")
    op.drop_table("coupon_batch_tenants")
