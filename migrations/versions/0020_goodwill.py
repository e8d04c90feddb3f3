"""Goodwill: gestures, how much may be given, and what was"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_goodwill"
down_revision = "0019_coupon_batches"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INDEXES = {
    "ix_goodwill_gestures_month": ["month", "id"],
    "ix_goodwill_gestures_requested_by": ["requested_by", "id"],
    "ix_goodwill_gestures_status": ["status", "id"],
    "ix_goodwill_gestures_tenant_id": ["tenant_id", "created_at"],
    "ix_goodwill_gestures_ticket_id": ["ticket_id"],
}


def upgrade():
    op.create_table(
        "goodwill_gestures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("value_cents", sa.BigInteger(), nullable=False),
        sa.Column("spent_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("sentence", sa.String(length=400), nullable=True),
        sa.Column("target_type", sa.String(length=20), nullable=True),
        sa.Column("target_id", sa.Integer(), nullable=True),
        sa.Column("target_label", sa.String(length=80), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submit_key", sa.String(length=64), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("requested_by_label", sa.String(length=320), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_by_label", sa.String(length=320), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _key("ticket_id", "support_tickets", "CASCADE"),
        _key("tenant_id", "tenants", "RESTRICT"),
        _key("user_id", "users", "RESTRICT"),
        _key("requested_by", "admins", "SET NULL"),
        _key("decided_by", "admins", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goodwill_gestures")),
        sa.UniqueConstraint(
            "ticket_id", "submit_key", name=op.f("uq_goodwill_gestures_ticket_id_submit_key")
        ),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "goodwill_gestures", columns)

    op.create_table(
        "goodwill_limits",
        sa.Column("admin_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("monthly_cents", sa.BigInteger(), nullable=False),
        sa.Column("cap_cents", sa.BigInteger(), nullable=False),
        sa.Column("tenant_cents", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_label", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("admin_id", name=op.f("pk_goodwill_limits")),
    )
    op.create_table(
        "goodwill_spent",
        sa.Column("owner", sa.String(length=6), nullable=False),
        sa.Column("owner_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("spent_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "owner_id", "month", name=op.f("pk_goodwill_spent")),
    )


def _key(column, table, ondelete):
    name = op.f(f"fk_goodwill_gestures_{column}_{table}")
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], name=name, ondelete=ondelete)


def downgrade():
    op.drop_table("goodwill_spent")
    op.drop_table("goodwill_limits")
    op.drop_table("goodwill_gestures")
