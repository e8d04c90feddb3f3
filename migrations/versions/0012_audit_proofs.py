"""The tree over the ledger: leaves, nodes, checkpoints, anchors"""

import sqlalchemy as sa
from alembic import op

revision = "0012_audit_proofs"
down_revision = "0011_idle_release"
branch_labels = None
depends_on = None

# Every key by which REPLACE could push a row of an append-only table out.
UNIQUE_KEYS = {
    "audit_leaves": (("leaf_index",), ("event_id",)),
    "audit_nodes": (("level", "position"),),
    "audit_checkpoints": (("tree_size",),),
    "audit_anchors": (("tree_size", "target"),),
    "audit_origins": (("generation",), ("origin",)),
}
SQLITE_AWAIT = """
    CREATE TRIGGER audit_events_await AFTER INSERT ON audit_events
    BEGIN INSERT INTO audit_pending (event_id) VALUES (NEW.id); END
"""
POSTGRESQL_FUNCTIONS = (
    """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE FUNCTION audit_await() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO audit_pending (event_id) VALUES (NEW.id);
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER audit_events_await AFTER INSERT ON audit_events
    FOR EACH ROW EXECUTE FUNCTION audit_await()
    """,
    "ALTER TABLE audit_events ENABLE ALWAYS TRIGGER audit_events_await",
)
# Whatever default privileges gave to others is taken back: they may read and add.
POSTGRESQL_REVOKE = """
    DO $$
    DECLARE other text;
    BEGIN
        FOR other IN
            SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC'
                ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
            FROM pg_class, aclexplode(relacl) AS acl
            WHERE pg_class.oid = '{table}'::regclass AND acl.grantee <> relowner
        LOOP
            EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER ON {table} FROM ' || other;
        END LOOP;
    END $$
"""
MOMENT = sa.DateTime(timezone=True)
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    create_tree()
    create_evidence()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_AWAIT,) if is_sqlite else POSTGRESQL_FUNCTIONS:
        op.execute(statement)
    for table, keys in UNIQUE_KEYS.items():
        for statement in sqlite_guards(table, keys) if is_sqlite else postgresql_guards(table):
            op.execute(statement)
    op.execute("INSERT INTO audit_pending (event_id) SELECT id FROM audit_events")


def create_tree():
    op.create_table(
        "audit_pending",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_pending")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_leaves",
        sa.Column("leaf_index", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaves")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_leaves_event_id")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_audit_nodes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_frontier",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", BIG_ID, nullable=False),
        sa.Column("hashes", sa.LargeBinary(length=64 * 32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_frontier")),
    )


def create_evidence():
    op.create_table(
        "audit_checkpoints",
        sa.Column("tree_size", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tree_size", name=op.f("pk_audit_checkpoints")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_anchors",
        sa.Column("tree_size", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tree_size", "target", name=op.f("pk_audit_anchors")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_origins",
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("from_size", BIG_ID, nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("generation", name=op.f("pk_audit_origins")),
        sa.UniqueConstraint("origin", name=op.f("uq_audit_origins_origin")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_verifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("tree_size", BIG_ID, nullable=False),
        sa.Column("exit_code", sa.SmallInteger(), nullable=False),
        sa.Column("faults", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_verifications")),
    )


def json_column():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return sa.JSON() if is_sqlite else sa.dialects.postgresql.JSONB()


def sqlite_guards(table, keys):
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    same = " OR ".join(" AND ".join(f"{c} = NEW.{c}" for c in key) for key in keys)
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    yield (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}"
    )


def postgresql_guards(table):
    change, truncate = f"{table}_no_change", f"{table}_no_truncate"
    yield (
        f"CREATE TRIGGER {change} BEFORE DELETE OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
    )
    yield (
        f"CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
    )
    yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {change}, ENABLE ALWAYS TRIGGER {truncate}"
    yield POSTGRESQL_REVOKE.format(table=table)


def downgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER audit_events_await" + ("" if is_sqlite else " ON audit_events"))
    op.drop_table("audit_verifications")
    for table in reversed(UNIQUE_KEYS):
        op.drop_table(table)
    op.drop_table("audit_frontier")
    op.drop_table("audit_pending")
    if not is_sqlite:
        op.execute("DROP FUNCTION audit_await()")
        op.execute("DROP FUNCTION audit_refuse()")
