"""Customers and their tokens, the catalogue, plans of tenants, entitlements, quotas and usage"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_entitlements"
down_revision = "0005_two_factor"
branch_labels = None
depends_on = None


UNNOTED = (
    "expiry_noted_at IS NULL AND expires_at IS NOT NULL "
    "AND (ended_at IS NULL OR ended_at >= expires_at)"
)


def key(length):
    """Text that is compared by code point on both databases."""
    plain = sa.String(length=length)
    return plain.with_variant(sa.String(length=length, collation="C"), "postgresql")


def upgrade():
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint(
            "caller", "route", "key", name=op.f("uq_idempotency_keys_caller_route_key")
        ),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_keys_created_at", ["created_at"], unique=False)

    op.create_table(
        "plan_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("monthly_price_cents", sa.Integer(), nullable=True),
        sa.Column("annual_price_cents", sa.Integer(), nullable=True),
        sa.Column("includes_all", sa.Boolean(), nullable=False),
        sa.Column("is_fallback", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_templates")),
        sa.UniqueConstraint("name", name=op.f("uq_plan_templates_name")),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", key(200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("entitlement_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("external_id", name=op.f("uq_tenants_external_id")),
    )
    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.create_index("ix_tenants_name_key_id", ["name_key", "id"], unique=False)

    op.create_table(
        "bulk_grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column(
            "terms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_bulk_grants_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_grants")),
    )
    with op.batch_alter_table("bulk_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_grants_created_at"), ["created_at"], unique=False)

    op.create_table(
        "catalog_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["admins.id"],
            name=op.f("fk_catalog_revisions_changed_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_revisions")),
    )
    with op.batch_alter_table("catalog_revisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_revisions_effective_at"), ["effective_at"], unique=False
        )

    op.create_table(
        "customer_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_customer_imports_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_imports")),
    )
    with op.batch_alter_table("customer_imports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_imports_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "features",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("min_plan_level", sa.Integer(), nullable=False),
        sa.Column("is_metered", sa.Boolean(), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("interval", sa.String(length=8), nullable=False),
        sa.Column("killed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("killed_by", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["killed_by"],
            ["admins.id"],
            name=op.f("fk_features_killed_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_features")),
        sa.UniqueConstraint("name", name=op.f("uq_features_name")),
    )
    with op.batch_alter_table("features", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_features_category"), ["category"], unique=False)

    op.create_table(
        "quota_buckets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_key", sa.Integer(), nullable=False),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("own_limit", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.String(length=8), nullable=False),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exhausted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_extras", sa.Boolean(), nullable=False),
        sa.Column("over_limit_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_quota_buckets_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_buckets")),
        sa.UniqueConstraint(
            "tenant_id",
            "user_key",
            "feature_name",
            "source",
            "source_id",
            name=op.f("uq_quota_buckets_tenant_id_user_key_feature_name_source_source_id"),
        ),
    )
    with op.batch_alter_table("quota_buckets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quota_buckets_over_limit_since"), ["over_limit_since"], unique=False
        )

    op.create_table(
        "quota_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refers_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "allocations", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_quota_events_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_events")),
        sa.UniqueConstraint(
            "tenant_id", "idempotency_key", name=op.f("uq_quota_events_tenant_id_idempotency_key")
        ),
    )
    with op.batch_alter_table("quota_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_quota_events_bucket", ["tenant_id", "feature_name", "at"], unique=False
        )
        batch_op.create_index(
            "ix_quota_events_pending",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )

    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_subscriptions_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan_templates.id"],
            name=op.f("fk_subscriptions_plan_id_plan_templates"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_subscriptions_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscriptions_plan_id_ends_at", ["plan_id", "ends_at"], unique=False
        )
        batch_op.create_index(
            "ix_subscriptions_tenant_id_starts_at", ["tenant_id", "starts_at", "id"], unique=False
        )
        batch_op.create_index("ix_subscriptions_trial_ends_at", ["trial_ends_at"], unique=False)
        batch_op.create_index(
            "uq_subscriptions_open",
            ["tenant_id"],
            unique=True,
            sqlite_where=sa.text("ends_at IS NULL"),
            postgresql_where=sa.text("ends_at IS NULL"),
        )

    op.create_table(
        "tenant_entitlements",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.Column("quota_limit", sa.BigInteger(), nullable=True),
        sa.Column("is_unlimited", sa.Boolean(), nullable=False),
        sa.Column("interval", sa.String(length=8), nullable=True),
        sa.Column("is_soft", sa.Boolean(), nullable=False),
        sa.Column("overage_cap", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("cause_type", sa.String(length=40), nullable=True),
        sa.Column("cause_id", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_label", sa.String(length=320), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("expiry_noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_tenant_entitlements_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_entitlements")),
    )
    with op.batch_alter_table("tenant_entitlements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tenant_entitlements_batch_id"), ["batch_id"], unique=False
        )
        batch_op.create_index("ix_tenant_entitlements_starts_at", ["starts_at", "id"], unique=False)
        batch_op.create_index(
            "ix_tenant_entitlements_expires_at",
            ["expires_at", "id"],
            unique=False,
            sqlite_where=sa.text(UNNOTED),
            postgresql_where=sa.text(UNNOTED),
        )
        batch_op.create_index(
            "ix_tenant_entitlements_tenant_id",
            ["tenant_id", "feature_name", "starts_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_tenant_entitlements_open",
            ["tenant_id", "feature_name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
        )
        batch_op.create_index(
            "uq_tenant_entitlements_open_denial",
            ["tenant_id", "feature_name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
        )

    op.create_table(
        "usage_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "properties", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_usage_events_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
        sa.UniqueConstraint(
            "tenant_id",
            "source",
            "event_id",
            name=op.f("uq_usage_events_tenant_id_source_event_id"),
        ),
    )
    with op.batch_alter_table("usage_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_usage_events_tenant_id", ["tenant_id", "feature_name", "occurred_at"], unique=False
        )

    op.create_table(
        "usage_hourly",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("total_millionths", sa.BigInteger(), nullable=False),
        sa.Column("largest_millionths", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_usage_hourly_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "feature_name", "hour", name=op.f("pk_usage_hourly")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", key(200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", key(320), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["erased_by"],
            ["admins.id"],
            name=op.f("fk_users_erased_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_users_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint(
            "tenant_id", "external_id", name=op.f("uq_users_tenant_id_external_id")
        ),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("ix_users_email_key", ["email_key", "id"], unique=False)
        batch_op.create_index("ix_users_tenant_id_status", ["tenant_id", "status"], unique=False)
        batch_op.create_index("ix_users_external_id", ["external_id"], unique=False)
        batch_op.create_index("ix_users_name_key_id", ["name_key", "id"], unique=False)
        batch_op.create_index(
            "ix_users_status_name_key_id", ["status", "name_key", "id"], unique=False
        )
        batch_op.create_index(
            "ix_users_tenant_id_name_key", ["tenant_id", "name_key", "id"], unique=False
        )

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=8), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("admin_id", sa.Integer(), nullable=True),
        sa.Column("minted_by", sa.Integer(), nullable=True),
        sa.Column(
            "networks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_ip", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_api_tokens_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_api_tokens_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["minted_by"],
            ["api_tokens.id"],
            name=op.f("fk_api_tokens_minted_by_api_tokens"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"],
            ["admins.id"],
            name=op.f("fk_api_tokens_revoked_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_tokens_public_id")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index("ix_api_tokens_admin_id", ["admin_id"], unique=False)
        batch_op.create_index("ix_api_tokens_kind_id", ["kind", "id"], unique=False)
        batch_op.create_index("ix_api_tokens_minted_by", ["minted_by"], unique=False)
        batch_op.create_index("ix_api_tokens_user_id", ["user_id"], unique=False)

    op.create_table(
        "bulk_grant_rows",
        sa.Column("bulk_grant_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=320), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["bulk_grant_id"],
            ["bulk_grants.id"],
            name=op.f("fk_bulk_grant_rows_bulk_grant_id_bulk_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bulk_grant_id", "subject_id", name=op.f("pk_bulk_grant_rows")),
    )
    with op.batch_alter_table("bulk_grant_rows", schema=None) as batch_op:
        batch_op.create_index(
            "ix_bulk_grant_rows_waiting",
            ["bulk_grant_id", "subject_id"],
            unique=False,
            sqlite_where=sa.text("result IS NULL"),
            postgresql_where=sa.text("result IS NULL"),
        )

    op.create_table(
        "customer_import_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "values", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["customer_imports.id"],
            name=op.f("fk_customer_import_rows_import_id_customer_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_customer_import_rows")),
    )
    op.create_table(
        "customer_status_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_customer_status_changes_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_customer_status_changes_user_id_users"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_status_changes")),
    )
    with op.batch_alter_table("customer_status_changes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_status_changes_tenant_id",
            ["tenant_id", "user_id", "at", "id"],
            unique=False,
        )

    op.create_table(
        "plan_features",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("is_included", sa.Boolean(), nullable=False),
        sa.Column("is_unlimited", sa.Boolean(), nullable=False),
        sa.Column("quota_limit", sa.BigInteger(), nullable=True),
        sa.Column("interval", sa.String(length=8), nullable=True),
        sa.Column("is_soft", sa.Boolean(), nullable=False),
        sa.Column("overage_cap", sa.BigInteger(), nullable=True),
        sa.Column("rollover_min", sa.BigInteger(), nullable=False),
        sa.Column("rollover_max", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feature_id"],
            ["features.id"],
            name=op.f("fk_plan_features_feature_id_features"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["plan_templates.id"],
            name=op.f("fk_plan_features_plan_id_plan_templates"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("plan_id", "feature_id", name=op.f("pk_plan_features")),
    )
    op.create_table(
        "quota_alerts",
        sa.Column("bucket_id", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bucket_id"],
            ["quota_buckets.id"],
            name=op.f("fk_quota_alerts_bucket_id_quota_buckets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "bucket_id", "period_start", "threshold", name=op.f("pk_quota_alerts")
        ),
    )
    op.create_table(
        "user_entitlements",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feature_name", sa.String(length=64), nullable=False),
        sa.Column("effect", sa.String(length=10), nullable=False),
        sa.Column("quota_limit", sa.BigInteger(), nullable=True),
        sa.Column("is_unlimited", sa.Boolean(), nullable=False),
        sa.Column("interval", sa.String(length=8), nullable=True),
        sa.Column("is_soft", sa.Boolean(), nullable=False),
        sa.Column("overage_cap", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("cause_type", sa.String(length=40), nullable=True),
        sa.Column("cause_id", sa.String(length=64), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_label", sa.String(length=320), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("expiry_noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_user_entitlements_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_entitlements_user_id_users"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_entitlements")),
    )
    with op.batch_alter_table("user_entitlements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_user_entitlements_batch_id"), ["batch_id"], unique=False
        )
        batch_op.create_index("ix_user_entitlements_starts_at", ["starts_at", "id"], unique=False)
        batch_op.create_index(
            "ix_user_entitlements_expires_at",
            ["expires_at", "id"],
            unique=False,
            sqlite_where=sa.text(UNNOTED),
            postgresql_where=sa.text(UNNOTED),
        )
        batch_op.create_index(
            "ix_user_entitlements_user_id", ["user_id", "feature_name", "starts_at"], unique=False
        )
        batch_op.create_index(
            "uq_user_entitlements_open",
            ["user_id", "feature_name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
        )
        batch_op.create_index(
            "uq_user_entitlements_open_denial",
            ["user_id", "feature_name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
        )


def downgrade():
    with op.batch_alter_table("user_entitlements", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_user_entitlements_open_denial",
            sqlite_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
        )
        batch_op.drop_index(
            "uq_user_entitlements_open",
            sqlite_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
        )
        batch_op.drop_index("ix_user_entitlements_user_id")
        batch_op.drop_index("ix_user_entitlements_expires_at")
        batch_op.drop_index("ix_user_entitlements_starts_at")
        batch_op.drop_index(batch_op.f("ix_user_entitlements_batch_id"))

    op.drop_table("user_entitlements")
    op.drop_table("quota_alerts")
    op.drop_table("plan_features")
    with op.batch_alter_table("customer_status_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_customer_status_changes_tenant_id")

    op.drop_table("customer_status_changes")
    op.drop_table("customer_import_rows")
    with op.batch_alter_table("bulk_grant_rows", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_grant_rows_waiting")

    op.drop_table("bulk_grant_rows")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_api_tokens_user_id")
        batch_op.drop_index("ix_api_tokens_kind_id")
        batch_op.drop_index("ix_api_tokens_admin_id")

    op.drop_table("api_tokens")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index("ix_users_tenant_id_status")
        batch_op.drop_index("ix_users_tenant_id_name_key")
        batch_op.drop_index("ix_users_status_name_key_id")
        batch_op.drop_index("ix_users_name_key_id")
        batch_op.drop_index("ix_users_external_id")
        batch_op.drop_index("ix_users_email_key")

    op.drop_table("users")
    op.drop_table("usage_hourly")
    with op.batch_alter_table("usage_events", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_events_tenant_id")

    op.drop_table("usage_events")
    with op.batch_alter_table("tenant_entitlements", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_tenant_entitlements_open_denial",
            sqlite_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect = 'hard_deny'"),
        )
        batch_op.drop_index(
            "uq_tenant_entitlements_open",
            sqlite_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
            postgresql_where=sa.text("ended_at IS NULL AND effect <> 'hard_deny'"),
        )
        batch_op.drop_index("ix_tenant_entitlements_tenant_id")
        batch_op.drop_index("ix_tenant_entitlements_expires_at")
        batch_op.drop_index("ix_tenant_entitlements_starts_at")
        batch_op.drop_index(batch_op.f("ix_tenant_entitlements_batch_id"))

    op.drop_table("tenant_entitlements")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_subscriptions_open",
            sqlite_where=sa.text("ends_at IS NULL"),
            postgresql_where=sa.text("ends_at IS NULL"),
        )
        batch_op.drop_index("ix_subscriptions_trial_ends_at")
        batch_op.drop_index("ix_subscriptions_tenant_id_starts_at")
        batch_op.drop_index("ix_subscriptions_plan_id_ends_at")

    op.drop_table("subscriptions")
    with op.batch_alter_table("quota_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_quota_events_pending",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.drop_index("ix_quota_events_bucket")

    op.drop_table("quota_events")
    with op.batch_alter_table("quota_buckets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quota_buckets_over_limit_since"))

    op.drop_table("quota_buckets")
    with op.batch_alter_table("features", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_features_category"))

    op.drop_table("features")
    with op.batch_alter_table("customer_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_imports_created_at"))

    op.drop_table("customer_imports")
    with op.batch_alter_table("catalog_revisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_revisions_effective_at"))

    op.drop_table("catalog_revisions")
    with op.batch_alter_table("bulk_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bulk_grants_created_at"))

    op.drop_table("bulk_grants")
    with op.batch_alter_table("tenants", schema=None) as batch_op:
        batch_op.drop_index("ix_tenants_name_key_id")

    op.drop_table("tenants")
    op.drop_table("plan_templates")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_keys_created_at")

    op.drop_table("idempotency_keys")
