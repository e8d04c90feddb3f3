"""Words of tickets and messages, indexed in the transaction that writes them

SQLite keeps them in FTS5 tables, PostgreSQL in tables of their own with a GIN index; triggers
keep both in step. A migration that rebuilds `support_tickets` or `support_messages` on SQLite
drops these triggers and has to make them again.
"""

from alembic import op

revision = "0009_ticket_search"
down_revision = "0008_support"
branch_labels = None
depends_on = None

HEAD = ("number", "subject", "requester_name", "requester_email", "tenant_name")
TABLES = {"ticket_search_heads": ("support_tickets", HEAD)}
TABLES["ticket_search_messages"] = ("support_messages", ("body",))
# The letters of Latin with their marks, without them: PostgreSQL has no `unaccent` of its own.
MARKED = "àáâãäåāăąçćčďđèéêëēęěğìíîïīįıłñńňòóôõöøōőŕřśşšţťùúûüūůűųýÿžźż"
PLAIN = "aaaaaaaaacccddeeeeeeegiiiiiiilnnnoooooooorrsssttuuuuuuuuyyzzz"
PUNCTUATION = "-_.,:;!?/\\|@#&+*=~^%$<>()[]{}\"'`"


def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        _add_words()
    for name, (table, columns) in TABLES.items():
        for statement in (_sqlite if is_sqlite else _postgresql)(name, table, columns):
            op.execute(statement)


def _sqlite(name, table, columns):
    listed = ", ".join(columns)
    new = ", ".join(f"new.{column}" for column in columns)
    old = ", ".join(f"old.{column}" for column in columns)
    add = f"INSERT INTO {name} (rowid, {listed}) VALUES (new.id, {new});"
    # FTS5 forgets a row when it is told what it held.
    drop = f"INSERT INTO {name} ({name}, rowid, {listed}) VALUES ('delete', old.id, {old});"
    yield (
        f"CREATE VIRTUAL TABLE {name} USING fts5({listed}, content='{table}', content_rowid='id', "
        "tokenize='porter unicode61 remove_diacritics 2')"
    )
    yield f"CREATE TRIGGER {name}_added AFTER INSERT ON {table} BEGIN {add} END"
    yield f"CREATE TRIGGER {name}_removed AFTER DELETE ON {table} BEGIN {drop} END"
    changed = f"AFTER UPDATE OF {listed} ON {table}"
    yield f"CREATE TRIGGER {name}_changed {changed} BEGIN {drop} {add} END"
    yield f"INSERT INTO {name} ({name}) VALUES ('rebuild')"


def _add_words():
    """Stems of English without its stop words, so that a search for "who" finds something."""
    op.execute(
        "CREATE TEXT SEARCH DICTIONARY ticket_stem (TEMPLATE = snowball, Language = english)"
    )
    op.execute("CREATE TEXT SEARCH CONFIGURATION ticket_words (COPY = pg_catalog.simple)")
    op.execute(
        "ALTER TEXT SEARCH CONFIGURATION ticket_words "
        "ALTER MAPPING FOR asciiword, word WITH ticket_stem"
    )
    punctuation = PUNCTUATION.replace("'", "''")
    op.execute(
        "CREATE FUNCTION ticket_text(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE "
        f"AS $$ SELECT translate(translate(given, '{MARKED + MARKED.upper()}', '{PLAIN * 2}'), "
        f"'{punctuation}', '{' ' * len(PUNCTUATION)}') $$"
    )


def _postgresql(name, table, columns):
    text = " || ' ' || ".join(f"{{row}}.{column}" for column in columns)
    words = f"to_tsvector('ticket_words', ticket_text({text}))"
    yield (
        f"CREATE TABLE {name} (id bigint PRIMARY KEY REFERENCES {table} (id) ON DELETE CASCADE, "
        "words tsvector NOT NULL)"
    )
    yield f"CREATE INDEX ix_{name}_words ON {name} USING gin (words)"
    yield (
        f"CREATE FUNCTION {name}_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {name} (id, words) VALUES (new.id, {words.format(row='new')}) "
        "ON CONFLICT (id) DO UPDATE SET words = excluded.words; RETURN NULL; END $$"
    )
    yield (
        f"CREATE TRIGGER {name}_written AFTER INSERT OR UPDATE OF {', '.join(columns)} "
        f"ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_write()"
    )
    yield f"INSERT INTO {name} (id, words) SELECT id, {words.format(row=table)} FROM {table}"


def downgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, (table, _) in TABLES.items():
        if is_sqlite:
            for moment in ("added", "removed", "changed"):
                op.execute(f"DROP TRIGGER {name}_{moment}")
        else:
            op.execute(f"DROP TRIGGER {name}_written ON {table}")
            op.execute(f"DROP FUNCTION {name}_write()")
        op.execute(f"DROP TABLE {name}")
    if not is_sqlite:
        op.execute("DROP FUNCTION ticket_text(text)")
        op.execute("DROP TEXT SEARCH CONFIGURATION ticket_words")
        op.execute("DROP TEXT SEARCH DICTIONARY ticket_stem")
