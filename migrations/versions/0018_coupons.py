"""Coupons, whom they are for, and who used them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_coupons"
down_revision = "0017_desk_speed"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RESERVED = sa.text("status = 'reserved'")


def upgrade():
    op.create_table(
        "coupons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("code_key", sa.String(length=40), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("amounts", JSON, nullable=False),
        sa.Column("duration", sa.String(length=10), nullable=False),
        sa.Column("periods", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("redeem_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_redemptions", sa.Integer(), nullable=True),
        sa.Column("max_per_tenant", sa.Integer(), nullable=False),
        sa.Column("max_per_user", sa.Integer(), nullable=True),
        sa.Column("plans", JSON, nullable=False),
        sa.Column("min_amounts", JSON, nullable=False),
        sa.Column("is_first_time_only", sa.Boolean(), nullable=False),
        sa.Column("is_stackable", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("times_redeemed", sa.Integer(), nullable=False),
        sa.Column("first_redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("decided_by_label", sa.String(length=320), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("code_key", name=op.f("uq_coupons_code_key")),
    )
    op.create_index("ix_coupons_status", "coupons", ["status", "id"])

    op.create_table(
        "coupon_tenants",
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["coupon_id"],
            ["coupons.id"],
            name=op.f("fk_coupon_tenants_coupon_id_coupons"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_coupon_tenants_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("coupon_id", "tenant_id", name=op.f("pk_coupon_tenants")),
    )
    op.create_index("ix_coupon_tenants_tenant_id", "coupon_tenants", ["tenant_id"])

    op.create_table(
        "coupon_usages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("base_cents", sa.BigInteger(), nullable=False),
        sa.Column("discount_cents", sa.BigInteger(), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("is_stackable", sa.Boolean(), nullable=False),
        sa.Column("periods_total", sa.Integer(), nullable=True),
        sa.Column("periods_used", sa.Integer(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_label", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["coupon_id"],
            ["coupons.id"],
            name=op.f("fk_coupon_usages_coupon_id_coupons"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_coupon_usages_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_coupon_usages_user_id_users"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_usages")),
        sa.UniqueConstraint(
            "coupon_id", "tenant_id", "slot", name=op.f("uq_coupon_usages_coupon_id_tenant_id_slot")
        ),
    )
    op.create_index(
        "ix_coupon_usages_expires_at",
        "coupon_usages",
        ["expires_at", "id"],
        sqlite_where=RESERVED,
        postgresql_where=RESERVED,
    )
    op.create_index("ix_coupon_usages_tenant_id", "coupon_usages", ["tenant_id", "status", "id"])


def downgrade():
    op.drop_table("coupon_usages")
    op.drop_table("coupon_tenants")
    op.drop_table("coupons")
