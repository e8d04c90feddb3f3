"""What users were called before, so that it can be forgotten with them"""

import sqlalchemy as sa
from alembic import op

from portal.core import clock
from portal.core.database import UTCDateTime

revision = "0033_former_names"
down_revision = "0032_sorted_queues"
branch_labels = None
depends_on = None


def upgrade():
    table = op.create_table(
        "user_former_names",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("email_key", sa.String(320), nullable=False),
        sa.Column("until", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_former_names_user_id_users"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_former_names")),
    )
    op.create_index("ix_user_former_names_user_id", "user_former_names", ["user_id", "id"])
    op.create_index("ix_user_former_names_email_key", "user_former_names", ["email_key", "user_id"])
    keep_what_tickets_know(table)


def keep_what_tickets_know(table):
    """Who takes part in a ticket stands in it as they were called then."""
    columns = [sa.column(name) for name in ("user_id", "name", "email", "email_key")]
    then = sa.table("ticket_participants", *columns)
    now = sa.table("users", sa.column("id"), sa.column("name"), sa.column("email"))
    until = sa.literal(clock.now(), UTCDateTime())
    found = (
        sa.select(*then.c, until)
        .join(now, now.c.id == then.c.user_id)
        .where(sa.or_(now.c.name != then.c.name, now.c.email != then.c.email))
        .distinct()
    )
    op.execute(sa.insert(table).from_select([*(one.name for one in columns), "until"], found))


def downgrade():
    op.drop_table("user_former_names")
