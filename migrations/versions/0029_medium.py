"""The middle priority is called medium, as those who buy support call it"""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029_medium"
down_revision = "0028_money"
branch_labels = None
depends_on = None

COLUMNS = (("support_tickets", "priority"), ("sla_rules", "priority"))
QUERIES = ("saved_views", "ticket_bulk_changes")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
DOCUMENTS = (
    ("sla_rule_versions", ("rule_id", "version"), "content"),
    ("macros", ("id",), "steps"),
    ("macro_runs", ("id",), "before"),
    ("macro_runs", ("id",), "after"),
    ("ticket_bulk_changes", ("id",), "change"),
    ("ticket_bulk_change_rows", ("bulk_id", "ticket_id"), "before"),
)
# A quotation mark opens a phrase or a value only where one begins: what it holds stays.
PART = re.compile(r'(?:(?<=[\s:,-])|^)"(?:\\.|[^"\\])*"|(?<!\S)-?priority:\S+')
AT_ONCE = 1000


def upgrade():
    rename("normal", "medium")


def downgrade():
    rename("medium", "normal")


def rename(old, new):
    """Wherever a priority is kept but in the audit log, which tells what was said at the time."""
    for table, column in COLUMNS:
        replace(table, column, old, new)
    is_of_priority = sa.column("kind") == "priority"
    for column in ("old", "new"):
        replace("ticket_events", column, old, new, is_of_priority)
    for table in QUERIES:
        rewrite(table, ("id",), sa.column("query", sa.Text()), old, asking_for(old, new))
    for table, keys, column in DOCUMENTS:
        rewrite(table, keys, sa.column(column, JSON), old, lambda found: renamed(found, old, new))


def replace(table, column, old, new, *where):
    found = sa.table(table, sa.column(column))
    is_old = (sa.column(column) == old, *where)
    op.get_bind().execute(sa.update(found).where(*is_old).values({column: new}))


def rewrite(table, keys, column, old, change):
    """Those rows alone that may hold the word, in batches by their key."""
    found = sa.table(table, column, *map(sa.column, keys))
    place = [found.c[name] for name in keys]
    may_hold = sa.cast(column, sa.Text()).contains(old)
    query = sa.select(*place, column).where(may_hold).order_by(*place).limit(AT_ONCE)
    rows = op.get_bind().execute(query).all()
    while rows:
        for *here, value in rows:
            update_row(found, dict(zip(place, here, strict=True)), column, value, change(value))
        beyond = sa.tuple_(*place) > sa.tuple_(*rows[-1][:-1])
        rows = op.get_bind().execute(query.where(beyond)).all()


def update_row(table, key, column, value, changed):
    if changed != value:
        same = (name == here for name, here in key.items())
        op.get_bind().execute(sa.update(table).where(*same).values({column.name: changed}))


def asking_for(old, new):
    """Changes a filter that asks for the priority."""

    def part(found):
        text = found[0]
        if text.startswith('"'):
            return text
        sign, _, values = text.partition("priority:")
        listed = (new if value == old else value for value in values.split(","))
        return f"{sign}priority:{','.join(dict.fromkeys(listed))}"

    return lambda query: PART.sub(part, query)


def renamed(value, old, new):
    if isinstance(value, dict):
        return {
            key: new if key == "priority" and one == old else renamed(one, old, new)
            for key, one in value.items()
        }
    return value
