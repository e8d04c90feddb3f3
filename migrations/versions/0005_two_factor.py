"""The second factor"""

import sqlalchemy as sa
from alembic import op

revision = "0005_two_factor"
down_revision = "0004_staff"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "two_factor_auth",
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("enabled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_two_factor_auth_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("admin_id", name=op.f("pk_two_factor_auth")),
    )
    with op.batch_alter_table("two_factor_auth", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_two_factor_auth_key_id"), ["key_id"], unique=False)

    op.create_table(
        "two_factor_backup_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_ip", sa.String(length=45), nullable=True),
        sa.Column("used_session", sa.String(length=36), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_two_factor_backup_codes_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_two_factor_backup_codes")),
    )
    with op.batch_alter_table("two_factor_backup_codes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_two_factor_backup_codes_admin_id", ["admin_id", "revoked_at"], unique=False
        )

    op.create_table(
        "two_factor_enrolments",
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_two_factor_enrolments_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["admin_sessions.id"],
            name=op.f("fk_two_factor_enrolments_session_id_admin_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("admin_id", name=op.f("pk_two_factor_enrolments")),
    )
    with op.batch_alter_table("two_factor_enrolments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_two_factor_enrolments_key_id"), ["key_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_two_factor_enrolments_session_id"), ["session_id"], unique=False
        )


def downgrade():
    with op.batch_alter_table("two_factor_enrolments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_two_factor_enrolments_session_id"))
        batch_op.drop_index(batch_op.f("ix_two_factor_enrolments_key_id"))

    op.drop_table("two_factor_enrolments")
    with op.batch_alter_table("two_factor_backup_codes", schema=None) as batch_op:
        batch_op.drop_index("ix_two_factor_backup_codes_admin_id")

    op.drop_table("two_factor_backup_codes")
    with op.batch_alter_table("two_factor_auth", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_two_factor_auth_key_id"))

    op.drop_table("two_factor_auth")
