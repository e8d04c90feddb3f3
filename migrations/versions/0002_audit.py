"""The append-only ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0002_audit"
down_revision = "0001_jobs"
branch_labels = None
depends_on = None

# REPLACE fires no delete trigger unless the connection asks for it: hence the insert guard.
SQLITE_GUARDS = (
    """
    CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
    """
    CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
    """
    CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events
    WHEN EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
    """,
)

# ALWAYS: also for a session that plays a replica. The last one leaves every role but the owner
# with reading and adding, whatever default privileges gave it.
POSTGRESQL_GUARDS = (
    """
    CREATE FUNCTION audit_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER audit_events_no_change BEFORE DELETE OR UPDATE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_events_refuse()
    """,
    """
    CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_refuse()
    """,
    """
    ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_no_change,
    ENABLE ALWAYS TRIGGER audit_events_no_truncate
    """,
    """
    DO $$
    DECLARE other text;
    BEGIN
        FOR other IN
            SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC'
                ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
            FROM pg_class, aclexplode(relacl) AS acl
            WHERE pg_class.oid = 'audit_events'::regclass AND acl.grantee <> relowner
        LOOP
            EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER ON audit_events FROM ' || other;
        END LOOP;
    END $$
    """,
)

STREAM_VIEWS = {
    "admin_audit_logs": "admin",
    "auth_audit_logs": "auth",
    "admin_login_audit_logs": "admin_login",
    "entitlement_logs": "entitlement",
}
VIEW_COLUMNS = (
    "id, occurred_at, action, outcome, severity, reason, actor_type, actor_id, actor_label, "
    "actor_role, target_type, target_id, target_label, tenant_id, ip, request_id, session_ref, "
    "canonical"
)


def upgrade():
    op.create_table(
        "audit_events",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("occurred_at", sa.String(length=27), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("actor_type", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_label", sa.String(length=320), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=True),
        sa.Column("target_type", sa.String(length=40), nullable=True),
        sa.Column("target_id", sa.String(length=64), nullable=True),
        sa.Column("target_label", sa.String(length=320), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("session_ref", sa.String(length=16), nullable=True),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_events_actor_id_occurred_at", ["actor_id", "occurred_at", "id"], unique=False
        )
        batch_op.create_index("ix_audit_events_occurred_at_id", ["occurred_at", "id"], unique=False)
        batch_op.create_index(
            "ix_audit_events_stream_occurred_at", ["stream", "occurred_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_audit_events_target",
            ["target_type", "target_id", "occurred_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_audit_events_tenant_id_occurred_at",
            ["tenant_id", "occurred_at", "id"],
            unique=False,
        )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_GUARDS if is_sqlite else POSTGRESQL_GUARDS:
        op.execute(statement)
    for name, stream in STREAM_VIEWS.items():
        op.execute(
            f"CREATE VIEW {name} AS "
            f"SELECT {VIEW_COLUMNS} FROM audit_events WHERE stream = '{stream}'"
        )


def downgrade():
    for name in STREAM_VIEWS:
        op.execute(f"DROP VIEW {name}")
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_events_tenant_id_occurred_at")
        batch_op.drop_index("ix_audit_events_target")
        batch_op.drop_index("ix_audit_events_stream_occurred_at")
        batch_op.drop_index("ix_audit_events_occurred_at_id")
        batch_op.drop_index("ix_audit_events_actor_id_occurred_at")

    op.drop_table("audit_events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_events_refuse()")
