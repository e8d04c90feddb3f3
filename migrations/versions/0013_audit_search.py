"""Words of the ledger, indexed as each event is added, and indexes for its filters

SQLite keeps the words in an FTS5 table without a copy of the text, PostgreSQL in a table with a
GIN index. Beside the words stand marks (`~`) for the stream, the actor, the tenant, the day and
the month, so that a common word is looked for in a short span of time. No event is touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_audit_search"
down_revision = "0012_audit_proofs"
branch_labels = None
depends_on = None

SAID = ("action", "actor_label", "target_label", "reason", "feature_name", "request_id")
# Stand inside of addresses, numbers and names; each is indexed whole and by its parts.
INNER = "@._-+:/"
OUTER = ",;!?\\|#&*=~^%$<>()[]{}\"'`\t\n\r"
# Beyond ASCII: punctuation, and the capital letters that have a small one and no marks.
TYPOGRAPHY = "\u00a0\u00a1\u00ab\u00b7\u00bb\u00bf\u2010\u2011\u2013\u2014\u2018\u2019\u201a\u201c"
TYPOGRAPHY += "\u201d\u201e\u2022\u2026\u202f\u2039\u203a"
CAPITALS = "".join(
    chr(code)
    for code in range(0xC0, 0x530)
    if len(chr(code).lower()) == 1 and chr(code) != chr(code).lower()
)
SPANS = {"m": ("1, 4", "6, 2"), "d": ("1, 4", "6, 2", "9, 2")}
# A person, a token and a customer may have the same number. Two take the place of one.
BY_NUMBER = "ix_audit_events_actor_id_occurred_at"
INDEXES = {
    "ix_audit_events_actor": (("actor_type", "actor_id"), None),
    "ix_audit_events_actor_stream": (("actor_type", "actor_id", "stream"), None),
    "ix_audit_events_action": (("action",), None),
    "ix_audit_events_outcome": (("outcome",), "outcome <> 'success'"),
    "ix_audit_events_stream_outcome": (("stream", "outcome"), "outcome <> 'success'"),
    "ix_audit_events_severity": (("severity",), "severity <> 'info'"),
    "ix_audit_events_stream_severity": (("stream", "severity"), "severity <> 'info'"),
    "ix_audit_events_ip": (("ip",), "ip IS NOT NULL"),
    "ix_audit_events_session_ref": (("session_ref",), "session_ref IS NOT NULL"),
    "ix_audit_events_request_id": (("request_id",), "request_id IS NOT NULL"),
}

SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_search_added AFTER INSERT ON audit_events BEGIN
        INSERT INTO audit_search_events (event_id) VALUES (NEW.id);
        INSERT INTO audit_search (rowid, words)
        SELECT place, words FROM audit_search_words WHERE event_id = NEW.id;
    END
    """,
    # FTS5 forgets a row when it is told what it held.
    """
    CREATE TRIGGER audit_search_removed BEFORE DELETE ON audit_events BEGIN
        INSERT INTO audit_search (audit_search, rowid, words)
        SELECT 'delete', place, words FROM audit_search_words WHERE event_id = OLD.id;
        DELETE FROM audit_search_events WHERE event_id = OLD.id;
    END
    """,
)


def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _sqlite() if is_sqlite else _postgresql():
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.drop_index(BY_NUMBER, "audit_events")
    for name, (columns, where) in INDEXES.items():
        condition = sa.text(where) if where else None
        op.create_index(
            name,
            "audit_events",
            [*columns, "occurred_at", "id"],
            sqlite_where=condition,
            postgresql_where=condition,
        )


def _marks(row):
    """One text: where it stands, who did it, whose it is, and when, to the day."""
    spans = [
        f"' ~{letter}' || " + " || ".join(f"substr({row}.occurred_at, {part})" for part in parts)
        for letter, parts in SPANS.items()
    ]
    return " || ".join(
        (
            f"' ~s' || {row}.stream",
            f"coalesce(' ~a' || {row}.actor_type || {row}.actor_id, '')",
            f"coalesce(' ~t' || {row}.tenant_id, '')",
            *spans,
        )
    )


def _text(row):
    return " || ' ' || ".join(f"coalesce({row}.{column}, '')" for column in SAID)


def _without(text, characters):
    """SQLite: the text with a space for each of these characters."""
    for character in characters:
        text = f"replace({text}, '{character}', ' ')"
    return text


def _sqlite():
    tokens = f"unicode61 remove_diacritics 2 tokenchars '{INNER}~'"
    yield (
        "CREATE VIRTUAL TABLE audit_search USING fts5(words, content='', columnsize=0, "
        f'detail=none, tokenize="{tokens}")'
    )
    yield (
        "CREATE TABLE audit_search_events "
        "(place INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE)"
    )
    said = f"{_without(_text('audit_events'), '~')} AS said"
    forms = f"said || ' ' || {_without('said', '@')} || ' ' || {_without('said', INNER)}"
    yield (
        f"CREATE VIEW audit_search_words AS SELECT place, event_id, {forms} || marks AS words "
        f"FROM (SELECT place, event_id, {said}, {_marks('audit_events')} AS marks "
        "FROM audit_search_events JOIN audit_events ON id = event_id)"
    )
    yield from SQLITE_TRIGGERS
    yield "INSERT INTO audit_search_events (event_id) SELECT id FROM audit_events ORDER BY id"
    yield "INSERT INTO audit_search (rowid, words) SELECT place, words FROM audit_search_words"


def _postgresql():
    quoted = OUTER.replace("'", "''").replace("\\", "\\\\")
    yield (
        "CREATE FUNCTION audit_search_plain(given text) RETURNS text "
        "LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower(normalize(translate(translate("
        "regexp_replace(normalize(given, NFD), '[\u0300-\u036f]', '', 'g'), "
        f"'{CAPITALS}', '{CAPITALS.lower()}'), '{TYPOGRAPHY}', '{' ' * len(TYPOGRAPHY)}'), NFC)) $$"
    )
    # Plain ASCII, which most events are, is spared all that.
    yield (
        "CREATE FUNCTION audit_search_words(given text, marks text) RETURNS tsvector "
        "LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ DECLARE said text; BEGIN "
        "said := CASE WHEN octet_length(given) = length(given) THEN lower(given) "
        "ELSE audit_search_plain(given) END; "
        f"said := translate(said, E'{quoted}', '{' ' * len(OUTER)}'); "
        "RETURN array_to_tsvector(array_remove(string_to_array(concat(said, ' ', "
        f"translate(said, '@', ' '), ' ', translate(said, '{INNER}', '{' ' * len(INNER)}'), "
        "marks), ' '), '')); END $$"
    )
    yield "CREATE TABLE audit_search (id varchar(36) PRIMARY KEY, words tsvector NOT NULL)"
    # New words wait in a list that every search reads through: a short one.
    yield (
        "CREATE INDEX ix_audit_search_words ON audit_search USING gin (words) "
        "WITH (gin_pending_list_limit = 512)"
    )
    # By the owner's hand: who may add events alone needs no right to write here.
    yield (
        "CREATE FUNCTION audit_search_add() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$ BEGIN INSERT INTO audit_search (id, words) VALUES "
        f"(new.id, audit_search_words({_text('new')}, {_marks('new')})); RETURN NULL; END $$"
    )
    yield (
        "CREATE FUNCTION audit_search_remove() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$ BEGIN DELETE FROM audit_search WHERE id = old.id; "
        "RETURN NULL; END $$"
    )
    for name, moment, verb in (("added", "INSERT", "add"), ("removed", "DELETE", "remove")):
        yield (
            f"CREATE TRIGGER audit_search_{name} AFTER {moment} ON audit_events "
            f"FOR EACH ROW EXECUTE FUNCTION audit_search_{verb}()"
        )
    row = "audit_events"
    yield (
        f"INSERT INTO audit_search (id, words) SELECT id, audit_search_words({_text(row)}, "
        f"{_marks(row)}) FROM audit_events ORDER BY id"
    )
    yield REVOKE


REVOKE = """
DO $$
DECLARE other text;
BEGIN
    FOR other IN
        SELECT DISTINCT CASE WHEN acl.grantee = 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE pg_class.oid = 'audit_search'::regclass AND acl.grantee <> relowner
    LOOP
        EXECUTE 'REVOKE INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON audit_search FROM ' || other;
    END LOOP;
END $$
"""


def downgrade():
    for name in reversed(INDEXES):
        op.drop_index(name, "audit_events")
    op.create_index(BY_NUMBER, "audit_events", ["actor_id", "occurred_at", "id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in ("added", "removed"):
        op.execute(f"DROP TRIGGER audit_search_{name}" + ("" if is_sqlite else " ON audit_events"))
    op.execute("DROP TABLE audit_search")
    if is_sqlite:
        op.execute("DROP VIEW audit_search_words")
        op.execute("DROP TABLE audit_search_events")
    else:
        for name in ("add()", "remove()", "words(text, text)", "plain(text)"):
            op.execute(f"DROP FUNCTION audit_search_{name}")
