"""The mail outbox"""

import sqlalchemy as sa
from alembic import op

revision = "0003_mail"
down_revision = "0002_audit"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "email_logs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("carries_secret", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by", sa.String(length=80), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_logs")),
        sa.UniqueConstraint("message_id", name=op.f("uq_email_logs_message_id")),
    )
    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.create_index("ix_email_logs_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_email_logs_status_id", ["status", "id"], unique=False)
        batch_op.create_index("ix_email_logs_recipient", ["recipient", "id"], unique=False)
        batch_op.create_index(
            "ix_email_logs_status_next_attempt_at",
            ["status", "next_attempt_at", "id"],
            unique=False,
        )


def downgrade():
    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.drop_index("ix_email_logs_status_next_attempt_at")
        batch_op.drop_index("ix_email_logs_recipient")
        batch_op.drop_index("ix_email_logs_status_id")
        batch_op.drop_index("ix_email_logs_created_at_id")

    op.drop_table("email_logs")
