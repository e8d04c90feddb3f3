"""Recovery by two people"""

import sqlalchemy as sa
from alembic import op

revision = "0023_recovery"
down_revision = "0022_passkeys"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "recovery_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("device_label", sa.String(length=80), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_hash", sa.String(length=200), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_recovery_requests_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["admins.id"],
            name=op.f("fk_recovery_requests_closed_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_requests")),
    )
    op.create_index(
        "ix_recovery_requests_admin_id_state", "recovery_requests", ["admin_id", "state"]
    )
    op.create_index(
        "ix_recovery_requests_state_expires_at", "recovery_requests", ["state", "expires_at"]
    )

    op.create_table(
        "recovery_approvals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by"],
            ["admins.id"],
            name=op.f("fk_recovery_approvals_approved_by_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["recovery_requests.id"],
            name=op.f("fk_recovery_approvals_request_id_recovery_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_approvals")),
        sa.UniqueConstraint(
            "request_id", "approved_by", name=op.f("uq_recovery_approvals_request_id_approved_by")
        ),
    )

    waits = sa.Column("recovery_hours", sa.Integer(), nullable=False, server_default="24")
    with op.batch_alter_table("role_policies") as batch:
        batch.add_column(waits)
    with op.batch_alter_table("role_policies") as batch:
        batch.alter_column("recovery_hours", server_default=None)


def downgrade():
    with op.batch_alter_table("role_policies") as batch:
        batch.drop_column("recovery_hours")
    op.drop_table("recovery_approvals")
    op.drop_index("ix_recovery_requests_state_expires_at", table_name="recovery_requests")
    op.drop_index("ix_recovery_requests_admin_id_state", table_name="recovery_requests")
    op.drop_table("recovery_requests")
