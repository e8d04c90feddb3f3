"""The support desk: tickets, messages, agents, service levels"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_support"
down_revision = "0007_entitlement_log"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "attachment_blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_attachment_blobs")),
    )
    op.create_table(
        "business_calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_calendars")),
        sa.UniqueConstraint("name_key", name=op.f("uq_business_calendars_name_key")),
    )
    op.create_table(
        "macros",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "steps", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_label", sa.String(length=320), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
    )
    op.create_table(
        "ticket_numbers",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_ticket_numbers")),
    )
    op.create_table(
        "business_calendar_versions",
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["business_calendars.id"],
            name=op.f("fk_business_calendar_versions_calendar_id_business_calendars"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint(
            "calendar_id", "version", name=op.f("pk_business_calendar_versions")
        ),
    )
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_label", sa.String(length=320), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["admins.id"],
            name=op.f("fk_canned_replies_owner_id_admins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
    )
    with op.batch_alter_table("canned_replies", schema=None) as batch_op:
        batch_op.create_index("ix_canned_replies_owner_id", ["owner_id", "name"], unique=False)

    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["admins.id"],
            name=op.f("fk_saved_views_owner_id_admins"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_saved_views_owner_id_name_key")),
    )
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.create_index("ix_saved_views_owner_id", ["owner_id", "position"], unique=False)
        batch_op.create_index(
            "uq_saved_views_shared",
            ["name_key"],
            unique=True,
            sqlite_where=sa.text("owner_id IS NULL"),
            postgresql_where=sa.text("owner_id IS NULL"),
        )

    op.create_table(
        "sla_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=True),
        sa.Column("min_plan_level", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("category", sa.String(length=12), nullable=True),
        sa.Column("tag", sa.String(length=40), nullable=True),
        sa.Column("first_response_s", sa.Integer(), nullable=True),
        sa.Column("next_response_s", sa.Integer(), nullable=True),
        sa.Column("resolution_s", sa.Integer(), nullable=True),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("on_change", sa.String(length=8), nullable=False),
        sa.Column("on_reopen", sa.String(length=8), nullable=False),
        sa.Column("pauses_on_hold", sa.Boolean(), nullable=False),
        sa.Column(
            "escalations", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["business_calendars.id"],
            name=op.f("fk_sla_rules_calendar_id_business_calendars"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_rules")),
    )
    op.create_table(
        "support_agents",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("availability", sa.String(length=10), nullable=False),
        sa.Column("availability_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column(
            "skills", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "languages", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("ignores_shifts", sa.Boolean(), nullable=False),
        sa.Column("signature", sa.String(length=500), nullable=False),
        sa.Column("last_auto_assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["admins.id"], name=op.f("fk_support_agents_id_admins"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_agents")),
    )
    _bring_agents()
    op.create_table(
        "support_teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("strategy", sa.String(length=12), nullable=False),
        sa.Column("is_sticky", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column(
            "categories", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["admins.id"],
            name=op.f("fk_support_teams_lead_id_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_teams")),
        sa.UniqueConstraint("name_key", name=op.f("uq_support_teams_name_key")),
    )
    op.create_table(
        "ticket_bulk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "change", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("query", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("undoes_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_ticket_bulk_changes_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"],
            ["ticket_bulk_changes.id"],
            name=op.f("fk_ticket_bulk_changes_undoes_id_ticket_bulk_changes"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_bulk_changes")),
    )
    with op.batch_alter_table("ticket_bulk_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ticket_bulk_changes_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "sla_rule_versions",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_label", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["sla_rules.id"],
            name=op.f("fk_sla_rule_versions_rule_id_sla_rules"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_sla_rule_versions")),
    )
    op.create_table(
        "support_agent_shifts",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["support_agents.id"],
            name=op.f("fk_support_agent_shifts_agent_id_support_agents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "agent_id", "weekday", "start_minute", name=op.f("pk_support_agent_shifts")
        ),
    )
    op.create_table(
        "support_team_members",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["support_agents.id"],
            name=op.f("fk_support_team_members_agent_id_support_agents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["support_teams.id"],
            name=op.f("fk_support_team_members_team_id_support_teams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", "agent_id", name=op.f("pk_support_team_members")),
    )
    with op.batch_alter_table("support_team_members", schema=None) as batch_op:
        batch_op.create_index("ix_support_team_members_agent_id", ["agent_id"], unique=False)

    op.create_table(
        "support_tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("tenant_name", sa.String(length=200), nullable=False),
        sa.Column("plan_name", sa.String(length=64), nullable=True),
        sa.Column("plan_level", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("requester_name", sa.String(length=200), nullable=False),
        sa.Column("requester_email", sa.String(length=320), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("assignee_name", sa.String(length=120), nullable=True),
        sa.Column("tags", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queue_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_unread", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("last_public_message_id", sa.BigInteger(), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_by", sa.String(length=8), nullable=False),
        sa.Column("last_message_preview", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.Column(
            "merged_into_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["support_agents.id"],
            name=op.f("fk_support_tickets_assignee_id_support_agents"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_support_tickets_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["support_tickets.id"],
            name=op.f("fk_support_tickets_merged_into_id_support_tickets"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["users.id"],
            name=op.f("fk_support_tickets_requester_id_users"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["support_teams.id"],
            name=op.f("fk_support_tickets_team_id_support_teams"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_support_tickets_tenant_id_tenants"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_tickets")),
        sa.UniqueConstraint("number", name=op.f("uq_support_tickets_number")),
    )
    with op.batch_alter_table("support_tickets", schema=None) as batch_op:
        batch_op.create_index(
            "ix_support_tickets_assignee",
            ["assignee_id", "is_open", "queue_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_support_tickets_created_at", ["created_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_support_tickets_merged_into_id"), ["merged_into_id"], unique=False
        )
        batch_op.create_index(
            "ix_support_tickets_queue", ["is_open", "queue_at", "id"], unique=False
        )
        batch_op.create_index("ix_support_tickets_requester", ["requester_id", "id"], unique=False)
        batch_op.create_index("ix_support_tickets_snoozed_until", ["snoozed_until"], unique=False)
        batch_op.create_index(
            "ix_support_tickets_solved_at", ["status", "solved_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_support_tickets_status", ["status", "queue_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_support_tickets_team", ["team_id", "is_open", "queue_at", "id"], unique=False
        )
        batch_op.create_index("ix_support_tickets_tenant", ["tenant_id", "id"], unique=False)
        batch_op.create_index("ix_support_tickets_updated_at", ["updated_at", "id"], unique=False)

    op.create_table(
        "csat_responses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(length=1000), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["admins.id"],
            name=op.f("fk_csat_responses_agent_id_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_csat_responses_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csat_responses")),
        sa.UniqueConstraint(
            "ticket_id", "solved_at", name=op.f("uq_csat_responses_ticket_id_solved_at")
        ),
    )
    with op.batch_alter_table("csat_responses", schema=None) as batch_op:
        batch_op.create_index("ix_csat_responses_rated_at", ["rated_at"], unique=False)

    op.create_table(
        "macro_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("macro_id", sa.Integer(), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("entitlement_id", sa.Integer(), nullable=True),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["macro_id"],
            ["macros.id"],
            name=op.f("fk_macro_runs_macro_id_macros"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ran_by"], ["admins.id"], name=op.f("fk_macro_runs_ran_by_admins"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_macro_runs_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"],
            ["admins.id"],
            name=op.f("fk_macro_runs_undone_by_admins"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macro_runs")),
    )
    with op.batch_alter_table("macro_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_macro_runs_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "support_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("author_type", sa.String(length=8), nullable=False),
        sa.Column("author_admin_id", sa.Integer(), nullable=True),
        sa.Column("author_user_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("is_unverified", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submit_key", sa.String(length=64), nullable=True),
        sa.Column("email_log_id", sa.Integer(), nullable=True),
        sa.Column("mail_message_id", sa.String(length=998), nullable=True),
        sa.Column(
            "mail_references",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=True,
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_admin_id"],
            ["admins.id"],
            name=op.f("fk_support_messages_author_admin_id_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["author_user_id"],
            ["users.id"],
            name=op.f("fk_support_messages_author_user_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["email_log_id"],
            ["email_logs.id"],
            name=op.f("fk_support_messages_email_log_id_email_logs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_support_messages_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_messages")),
        sa.UniqueConstraint(
            "ticket_id", "submit_key", name=op.f("uq_support_messages_ticket_id_submit_key")
        ),
    )
    with op.batch_alter_table("support_messages", schema=None) as batch_op:
        batch_op.create_index("ix_support_messages_email_log_id", ["email_log_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_support_messages_mail_message_id"), ["mail_message_id"], unique=False
        )
        batch_op.create_index("ix_support_messages_ticket_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "ticket_bulk_change_rows",
        sa.Column("bulk_id", sa.Integer(), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("result", sa.String(length=8), nullable=True),
        sa.Column("detail", sa.String(length=300), nullable=True),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["bulk_id"],
            ["ticket_bulk_changes.id"],
            name=op.f("fk_ticket_bulk_change_rows_bulk_id_ticket_bulk_changes"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_bulk_change_rows_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("bulk_id", "ticket_id", name=op.f("pk_ticket_bulk_change_rows")),
    )
    op.create_table(
        "ticket_drafts",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_ticket_drafts_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_drafts_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "admin_id", "kind", name=op.f("pk_ticket_drafts")),
    )
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("old", sa.String(length=500), nullable=True),
        sa.Column("new", sa.String(length=500), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("actor_type", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_label", sa.String(length=320), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_events_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_events")),
    )
    with op.batch_alter_table("ticket_events", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_events_kind_at", ["kind", "at"], unique=False)
        batch_op.create_index("ix_ticket_events_ticket_id", ["ticket_id", "id"], unique=False)

    op.create_table(
        "ticket_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("other_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["admins.id"],
            name=op.f("fk_ticket_links_created_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_links_other_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_links_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_links")),
        sa.UniqueConstraint(
            "ticket_id", "other_id", "kind", name=op.f("uq_ticket_links_ticket_id_other_id_kind")
        ),
    )
    with op.batch_alter_table("ticket_links", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_links_other_id", ["other_id"], unique=False)

    op.create_table(
        "ticket_merges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("source_status", sa.String(length=8), nullable=False),
        sa.Column(
            "message_ids", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_by"],
            ["admins.id"],
            name=op.f("fk_ticket_merges_merged_by_admins"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_merges_source_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_merges_target_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_merges")),
    )
    with op.batch_alter_table("ticket_merges", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_merges_source_id", ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_merges_target_id"), ["target_id"], unique=False)

    op.create_table(
        "ticket_participants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_participants_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_ticket_participants_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_participants")),
        sa.UniqueConstraint(
            "ticket_id", "email_key", name=op.f("uq_ticket_participants_ticket_id_email_key")
        ),
    )
    with op.batch_alter_table("ticket_participants", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ticket_participants_user_id", ["user_id", "ticket_id"], unique=False
        )

    op.create_table(
        "ticket_presence",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_ticket_presence_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_presence_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "admin_id", name=op.f("pk_ticket_presence")),
    )
    with op.batch_alter_table("ticket_presence", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_presence_seen_at", ["seen_at"], unique=False)

    op.create_table(
        "ticket_sla_clocks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("metric", sa.String(length=16), nullable=False),
        sa.Column("cycle_no", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Integer(), nullable=False),
        sa.Column("target_s", sa.Integer(), nullable=False),
        sa.Column("consumed_s", sa.Integer(), nullable=False),
        sa.Column("running_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breach_reason", sa.String(length=20), nullable=True),
        sa.Column(
            "superseded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["business_calendars.id"],
            name=op.f("fk_ticket_sla_clocks_calendar_id_business_calendars"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["sla_rules.id"],
            name=op.f("fk_ticket_sla_clocks_rule_id_sla_rules"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_sla_clocks_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_sla_clocks")),
    )
    with op.batch_alter_table("ticket_sla_clocks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_ticket_sla_clocks_calendar_id", ["calendar_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_ticket_sla_clocks_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'running' AND breached_at IS NULL"),
            postgresql_where=sa.text("state = 'running' AND breached_at IS NULL"),
        )
        batch_op.create_index(
            "ix_ticket_sla_clocks_warn",
            ["warn_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'running' AND breached_at IS NULL AND warned_at IS NULL"),
            postgresql_where=sa.text(
                "state = 'running' AND breached_at IS NULL AND warned_at IS NULL"
            ),
        )
        batch_op.create_index(
            "ix_ticket_sla_clocks_untold",
            ["breached_at", "id"],
            unique=False,
            sqlite_where=sa.text(
                "state IN ('running', 'paused') AND breached_at IS NOT NULL "
                "AND escalated_at IS NULL"
            ),
            postgresql_where=sa.text(
                "state IN ('running', 'paused') AND breached_at IS NOT NULL "
                "AND escalated_at IS NULL"
            ),
        )
        batch_op.create_index("ix_ticket_sla_clocks_rule_id", ["rule_id", "state"], unique=False)
        batch_op.create_index(
            "ix_ticket_sla_clocks_started_at", ["metric", "started_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_sla_clocks_ticket_id"), ["ticket_id"], unique=False
        )
        batch_op.create_index(
            "uq_ticket_sla_clocks_live",
            ["ticket_id", "metric", "cycle_no"],
            unique=True,
            sqlite_where=sa.text("state <> 'superseded'"),
            postgresql_where=sa.text("state <> 'superseded'"),
        )

    op.create_table(
        "ticket_tags",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_tags_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "tag", name=op.f("pk_ticket_tags")),
    )
    with op.batch_alter_table("ticket_tags", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_tags_tag", ["tag", "ticket_id"], unique=False)

    op.create_table(
        "ticket_watchers",
        sa.Column(
            "ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("admin_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["admin_id"],
            ["admins.id"],
            name=op.f("fk_ticket_watchers_admin_id_admins"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["support_tickets.id"],
            name=op.f("fk_ticket_watchers_ticket_id_support_tickets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("ticket_id", "admin_id", name=op.f("pk_ticket_watchers")),
    )
    with op.batch_alter_table("ticket_watchers", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_watchers_admin_id", ["admin_id"], unique=False)

    op.create_table(
        "message_attachments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["support_messages.id"],
            name=op.f("fk_message_attachments_message_id_support_messages"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["attachment_blobs.sha256"],
            name=op.f("fk_message_attachments_sha256_attachment_blobs"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_attachments")),
    )
    with op.batch_alter_table("message_attachments", schema=None) as batch_op:
        batch_op.create_index("ix_message_attachments_message_id", ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_attachments_sha256"), ["sha256"], unique=False)

    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause_type", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("cause_id", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_email_logs_cause", ["cause_type", "cause_id"], unique=False)


def _bring_agents():
    """Whoever answers tickets by their role has a row from the start."""
    admins = sa.table(
        "admins",
        *map(sa.column, ("id", "role", "joined_at", "disabled_at")),
    )
    nothing = sa.literal([], sa.JSON().with_variant(postgresql.JSONB(), "postgresql"))
    values = {
        "id": admins.c.id,
        "availability": sa.literal("available"),
        "capacity": sa.literal(20),
        "skills": nothing,
        "languages": nothing,
        "ignores_shifts": sa.true(),
        "signature": sa.literal(""),
        "is_active": sa.true(),
    }
    people = sa.select(*values.values()).where(
        admins.c.role.in_(("admin", "manager", "support_agent")),
        admins.c.joined_at.is_not(None),
        admins.c.disabled_at.is_(None),
    )
    agents = sa.table("support_agents", *map(sa.column, values))
    op.execute(agents.insert().from_select(list(values), people))


def downgrade():
    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.drop_index("ix_email_logs_cause")
        batch_op.drop_column("cause_id")
        batch_op.drop_column("cause_type")

    with op.batch_alter_table("message_attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_attachments_sha256"))
        batch_op.drop_index("ix_message_attachments_message_id")

    op.drop_table("message_attachments")
    with op.batch_alter_table("ticket_watchers", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_watchers_admin_id")

    op.drop_table("ticket_watchers")
    with op.batch_alter_table("ticket_tags", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_tags_tag")

    op.drop_table("ticket_tags")
    with op.batch_alter_table("ticket_sla_clocks", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ticket_sla_clocks_live",
            sqlite_where=sa.text("state <> 'superseded'"),
            postgresql_where=sa.text("state <> 'superseded'"),
        )
        batch_op.drop_index(batch_op.f("ix_ticket_sla_clocks_ticket_id"))
        batch_op.drop_index("ix_ticket_sla_clocks_started_at")
        batch_op.drop_index("ix_ticket_sla_clocks_rule_id")
        batch_op.drop_index(
            "ix_ticket_sla_clocks_untold",
            sqlite_where=sa.text(
                "state IN ('running', 'paused') AND breached_at IS NOT NULL "
                "AND escalated_at IS NULL"
            ),
            postgresql_where=sa.text(
                "state IN ('running', 'paused') AND breached_at IS NOT NULL "
                "AND escalated_at IS NULL"
            ),
        )
        batch_op.drop_index(
            "ix_ticket_sla_clocks_warn",
            sqlite_where=sa.text("state = 'running' AND breached_at IS NULL AND warned_at IS NULL"),
            postgresql_where=sa.text(
                "state = 'running' AND breached_at IS NULL AND warned_at IS NULL"
            ),
        )
        batch_op.drop_index(
            "ix_ticket_sla_clocks_due",
            sqlite_where=sa.text("state = 'running' AND breached_at IS NULL"),
            postgresql_where=sa.text("state = 'running' AND breached_at IS NULL"),
        )
        batch_op.drop_index("ix_ticket_sla_clocks_calendar_id")

    op.drop_table("ticket_sla_clocks")
    with op.batch_alter_table("ticket_presence", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_presence_seen_at")

    op.drop_table("ticket_presence")
    with op.batch_alter_table("ticket_participants", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_participants_user_id")

    op.drop_table("ticket_participants")
    with op.batch_alter_table("ticket_merges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_merges_target_id"))
        batch_op.drop_index("ix_ticket_merges_source_id")

    op.drop_table("ticket_merges")
    with op.batch_alter_table("ticket_links", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_links_other_id")

    op.drop_table("ticket_links")
    with op.batch_alter_table("ticket_events", schema=None) as batch_op:
        batch_op.drop_index("ix_ticket_events_ticket_id")
        batch_op.drop_index("ix_ticket_events_kind_at")

    op.drop_table("ticket_events")
    op.drop_table("ticket_drafts")
    op.drop_table("ticket_bulk_change_rows")
    with op.batch_alter_table("support_messages", schema=None) as batch_op:
        batch_op.drop_index("ix_support_messages_ticket_id")
        batch_op.drop_index(batch_op.f("ix_support_messages_mail_message_id"))
        batch_op.drop_index("ix_support_messages_email_log_id")

    op.drop_table("support_messages")
    with op.batch_alter_table("macro_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_macro_runs_ticket_id"))

    op.drop_table("macro_runs")
    with op.batch_alter_table("csat_responses", schema=None) as batch_op:
        batch_op.drop_index("ix_csat_responses_rated_at")

    op.drop_table("csat_responses")
    with op.batch_alter_table("support_tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_support_tickets_tenant")
        batch_op.drop_index("ix_support_tickets_team")
        batch_op.drop_index("ix_support_tickets_status")
        batch_op.drop_index("ix_support_tickets_solved_at")
        batch_op.drop_index("ix_support_tickets_snoozed_until")
        batch_op.drop_index("ix_support_tickets_requester")
        batch_op.drop_index("ix_support_tickets_queue")
        batch_op.drop_index(batch_op.f("ix_support_tickets_merged_into_id"))
        batch_op.drop_index("ix_support_tickets_created_at")
        batch_op.drop_index("ix_support_tickets_assignee")

    op.drop_table("support_tickets")
    with op.batch_alter_table("support_team_members", schema=None) as batch_op:
        batch_op.drop_index("ix_support_team_members_agent_id")

    op.drop_table("support_team_members")
    op.drop_table("support_agent_shifts")
    op.drop_table("sla_rule_versions")
    with op.batch_alter_table("ticket_bulk_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_bulk_changes_created_at"))

    op.drop_table("ticket_bulk_changes")
    op.drop_table("support_teams")
    op.drop_table("support_agents")
    op.drop_table("sla_rules")
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_saved_views_shared",
            sqlite_where=sa.text("owner_id IS NULL"),
            postgresql_where=sa.text("owner_id IS NULL"),
        )
        batch_op.drop_index("ix_saved_views_owner_id")

    op.drop_table("saved_views")
    with op.batch_alter_table("canned_replies", schema=None) as batch_op:
        batch_op.drop_index("ix_canned_replies_owner_id")

    op.drop_table("canned_replies")
    op.drop_table("business_calendar_versions")
    op.drop_table("ticket_numbers")
    op.drop_table("macros")
    op.drop_table("business_calendars")
    op.drop_table("attachment_blobs")
