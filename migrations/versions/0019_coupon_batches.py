"""Many codes at once, who gave a coupon when, and what is left of an amount that is carried over"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019_coupon_batches"
down_revision = "0018_coupons"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
FOREIGN_KEY = "fk_coupons_batch_id_coupon_batches"


def upgrade():
    op.create_table(
        "coupon_batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(length=36), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("decided_by_label", sa.String(length=320), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_batches")),
        sa.UniqueConstraint("once", name=op.f("uq_coupon_batches_once")),
    )

    with op.batch_alter_table("coupons", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("given_by", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("given_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(_filled("carry_remaining", sa.Boolean(), sa.false()))
        batch_op.create_foreign_key(
            op.f(FOREIGN_KEY), "coupon_batches", ["batch_id"], ["id"], ondelete="RESTRICT"
        )
    op.execute("UPDATE coupons SET given_at = created_at")
    with op.batch_alter_table("coupons", schema=None) as batch_op:
        batch_op.alter_column("given_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.alter_column("carry_remaining", existing_type=sa.Boolean(), server_default=None)
        batch_op.create_index("ix_coupons_batch_id", ["batch_id", "id"])
        batch_op.create_index("ix_coupons_given_by", ["given_by", "given_at"])

    with op.batch_alter_table("coupon_usages", schema=None) as batch_op:
        batch_op.add_column(_filled("leftover_cents", sa.BigInteger(), sa.text("0")))
        batch_op.add_column(sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("coupon_usages", schema=None) as batch_op:
        batch_op.alter_column("leftover_cents", existing_type=sa.BigInteger(), server_default=None)


def downgrade():
    with op.batch_alter_table("coupon_usages", schema=None) as batch_op:
        batch_op.drop_column("returned_at")
        batch_op.drop_column("leftover_cents")

    with op.batch_alter_table("coupons", schema=None) as batch_op:
        batch_op.drop_index("ix_coupons_given_by")
        batch_op.drop_index("ix_coupons_batch_id")
        batch_op.drop_constraint(op.f(FOREIGN_KEY), type_="foreignkey")
        batch_op.drop_column("carry_remaining")
        batch_op.drop_column("given_at")
        batch_op.drop_column("given_by")
        batch_op.drop_column("batch_id")

    op.drop_table("coupon_batches")


def _filled(name, kind, value):
    """A column that rows of before need a value for."""
    return sa.Column(name, kind, nullable=False, server_default=value)
