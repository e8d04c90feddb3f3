"""The log of entitlements by feature, with old and new value as columns of its view"""

import sqlalchemy as sa
from alembic import op

revision = "0007_entitlement_log"
down_revision = "0006_entitlements"
branch_labels = None
depends_on = None

COLUMNS = (
    "id, occurred_at, action, outcome, severity, reason, actor_type, actor_id, actor_label, "
    "actor_role, target_type, target_id, target_label, tenant_id, ip, request_id, session_ref, "
    "canonical"
)
ABOUT = {
    "sqlite": """
        json_extract(CAST(canonical AS TEXT), '$.meta.entity_type') AS entity_type,
        json_extract(CAST(canonical AS TEXT), '$.meta.entity_id') AS entity_id,
        json_extract(CAST(canonical AS TEXT), '$.meta.user_id') AS user_id
    """,
    "postgresql": """
        convert_from(canonical, 'UTF8')::jsonb #>> '{meta,entity_type}' AS entity_type,
        convert_from(canonical, 'UTF8')::jsonb #>> '{meta,entity_id}' AS entity_id,
        (convert_from(canonical, 'UTF8')::jsonb #>> '{meta,user_id}')::bigint AS user_id
    """,
}
# What changed is a list of fields with their old and new value. One, as of a grant, is shown as
# it is; several become an object by field.
OLD_VALUE = {
    "sqlite": """
        CASE json_array_length(CAST(canonical AS TEXT), '$.changes')
            WHEN 0 THEN NULL
            WHEN 1 THEN json_extract(CAST(canonical AS TEXT), '$.changes[0].old')
            ELSE (
                SELECT json_group_object(
                    json_extract(change.value, '$.field'), json_extract(change.value, '$.old')
                ) FROM json_each(CAST(canonical AS TEXT), '$.changes') AS change
            )
        END AS old_value
    """,
    "postgresql": """
        CASE jsonb_array_length(convert_from(canonical, 'UTF8')::jsonb -> 'changes')
            WHEN 0 THEN NULL
            WHEN 1 THEN convert_from(canonical, 'UTF8')::jsonb #> '{changes,0,old}'
            ELSE (
                SELECT jsonb_object_agg(change ->> 'field', change -> 'old')
                FROM jsonb_array_elements(convert_from(canonical, 'UTF8')::jsonb -> 'changes')
                AS change
            )
        END AS old_value
    """,
}


def upgrade():
    op.execute("DROP VIEW entitlement_logs")
    op.add_column("audit_events", sa.Column("feature_name", sa.String(length=64), nullable=True))
    is_of_features = sa.text("feature_name IS NOT NULL")
    op.create_index(
        "ix_audit_events_feature_name",
        "audit_events",
        ["feature_name", "occurred_at", "id"],
        unique=False,
        sqlite_where=is_of_features,
        postgresql_where=is_of_features,
    )
    database = op.get_bind().dialect.name
    old_value = OLD_VALUE[database]
    new_value = old_value.replace("old", "new")
    op.execute(
        f"CREATE VIEW entitlement_logs AS SELECT {COLUMNS}, feature_name, "
        f"{ABOUT[database]}, {old_value}, {new_value} "
        "FROM audit_events WHERE stream = 'entitlement'"
    )


def downgrade():
    op.execute("DROP VIEW entitlement_logs")
    op.drop_index("ix_audit_events_feature_name", "audit_events")
    op.drop_column("audit_events", "feature_name")
    op.execute(
        f"CREATE VIEW entitlement_logs AS SELECT {COLUMNS} "
        "FROM audit_events WHERE stream = 'entitlement'"
    )
