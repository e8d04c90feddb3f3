"""Streams of the ledger, and alerts about it"""

import sqlalchemy as sa
from alembic import op

revision = "0015_audit_streams"
down_revision = "0014_audit_views"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade():
    op.create_table(
        "audit_streams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("next_index", BIG_ID, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("last_sent_at", MOMENT, nullable=True),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("pause_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_streams")),
    )
    create_alerts()


def create_alerts():
    op.create_table(
        "audit_alert_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("lowest_severity", sa.String(length=10), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("group_by", sa.String(length=10), nullable=False),
        sa.Column("quiet_minutes", sa.Integer(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_alert_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_audit_alert_rules_name")),
    )
    op.create_table(
        "audit_alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(length=80), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("about", sa.String(length=400), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(length=320), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_alerts")),
        sa.UniqueConstraint("rule_id", "event_id", name=op.f("uq_audit_alerts_rule_id_event_id")),
    )
    op.create_index(
        "ix_audit_alerts_rule_id_about", "audit_alerts", ["rule_id", "about", "raised_at"]
    )
    op.create_index("ix_audit_alerts_acknowledged_at", "audit_alerts", ["acknowledged_at", "id"])
    op.create_table(
        "audit_watch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_index", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_watch")),
    )


def downgrade():
    for table in ("audit_watch", "audit_alerts", "audit_alert_rules", "audit_streams"):
        op.drop_table(table)
