"""Commands about customers and tokens: what they print, where, and how they end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers import cli, imports
from portal.customers.models import ApiToken, CustomerImport, Tenant, User
from portal.customers.token_text import LENGTH
from portal.jobs.models import Job
from tests.cast import make_user
from tests.customers.test_bearer import ask
from tests.customers.test_imports import data, line


def run(app, *args: str):
    db.session.commit()
    return app.test_cli_runner().invoke(args=args)


def count(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def file(tmp_path):
    def write(*lines: str) -> str:
        path = tmp_path / "people.csv"
        path.write_bytes(data(*lines))
        return str(path)

    return write


def test_a_service_token_stands_alone_on_standard_output(app, client):
    scopes = ("--scope", "customers:read", "--scope", "audit:read")
    found = run(app, "tokens", "issue", "service", "--name", "Product", *scopes)
    assert found.exit_code == 0
    assert len(found.stdout.rstrip("\n")) == LENGTH
    assert db.session.scalars(sa.select(ApiToken)).one().scopes == ["customers:read", "audit:read"]
    assert ask(client, found.stdout.strip()).status_code == 403


def test_a_user_token_is_issued_for_days(app, client, acme):
    user = make_user(acme)
    found = run(app, "tokens", "issue", "user", "--user", str(user.id), "--days", "2")
    row = db.session.scalars(sa.select(ApiToken)).one()
    assert (found.exit_code, row.user_id) == (0, user.id)
    assert (row.expires_at - row.created_at).days == 2


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("service", "--name", "X"), 2),
        (("service", "--name", "X", "--scope", "all"), 2),
        (("service", "--name", " ", "--scope", "audit:read"), 1),
        (("service", "--name", "X", "--scope", "audit:read", "--network", "home"), 1),
        (("service", "--name", "X", "--scope", "audit:read", "--days", "0"), 2),
        (("user", "--user", "12345"), 1),
        (("user", "--user", "uma"), 2),
        (("user",), 2),
    ],
)
def test_what_is_wrong_ends_with_its_code_and_no_token(app, args, code):
    found = run(app, "tokens", "issue", *args)
    assert (found.exit_code, found.stdout) == (code, "")
    assert found.stderr
    assert count(ApiToken) == 0


def test_a_token_is_revoked_by_its_public_id(app, client):
    issued = run(app, "tokens", "issue", "service", "--name", "X", "--scope", "audit:read")
    text = issued.stdout.strip()
    found = run(app, "tokens", "revoke", text[4:12])
    assert (found.exit_code, found.stdout) == (0, "")
    assert ask(client, text).status_code == 401
    assert run(app, "tokens", "revoke", "nothing!").exit_code == 1


def test_a_dry_run_says_what_a_file_would_do(app, file):
    path = file(line(), line(), line(user="bo", email="no"))
    found = run(app, "customers", "import", path, "--dry-run")
    assert (found.exit_code, found.stdout) == (1, "")
    first, second, sums = found.stderr.splitlines()
    assert first == "Line 2: would be new: new tenant; new user"
    assert second.startswith("Line 4: would be refused: user_email")
    assert "1 would be new, 0 would be changed, 1 as they are, 1 would be refused" in sums
    assert (count(Tenant), count(CustomerImport)) == (0, 0)


def test_a_dry_run_names_so_many_lines_and_counts_the_rest(app, file, monkeypatch):
    run(app, "customers", "import", file(line()))
    new = [line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(2)]
    monkeypatch.setattr(cli, "MOST_FORETOLD", 2)
    found = run(app, "customers", "import", file(line(who="Uma U"), *new), "--dry-run")
    changed, added, more, sums = found.stderr.splitlines()
    assert changed == "Line 2: would be changed: user_name: “Uma User” → “Uma U”"
    assert (added, more) == ("Line 3: would be new: new user", "... and 1 more.")
    assert (found.exit_code, sums.split(",")[0]) == (0, "3 lines: 2 would be new")
    one = run(app, "customers", "import", file(new[0]), "--dry-run")
    assert one.stderr.splitlines()[-1].startswith("1 line: 1 would be new")


def test_a_file_is_taken_in(app, file):
    path = file(*[line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(250)])
    found = run(app, "customers", "import", path)
    assert (found.exit_code, found.stdout) == (0, "")
    assert "250 lines: 250 new" in found.stderr
    assert count(User) == 250
    again = run(app, "customers", "import", path)
    assert again.exit_code == 0
    assert "250 as they are" in again.stderr


def test_a_command_that_was_killed_is_finished_by_the_worker(app, file, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    monkeypatch.setattr(cli, "take_in_batch", killed_after_one_batch)
    path = file(*[line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(5)])
    assert isinstance(run(app, "customers", "import", path).exception, Killed)
    assert count(User) == 2
    job = db.session.scalars(sa.select(Job)).one()
    assert job.run_at > clock.now() + timedelta(minutes=9)
    for payload in ({"import_id": job.payload["import_id"], "after": n} for n in (0, 4, 6)):
        imports.go_on(payload)
    assert count(User) == 5
    assert db.session.scalars(sa.select(CustomerImport.status)).one() == "done"


class Killed(Exception): ...


def killed_after_one_batch(import_id, after):
    if after:
        raise Killed
    return imports.take_in_batch(import_id, after=after)


def test_a_refused_line_is_named_and_the_rest_taken_in(app, file):
    found = run(app, "customers", "import", file(line(), line(user="bo", email="no")))
    assert found.exit_code == 1
    assert "Line 3: user_email" in found.stderr
    assert count(User) == 1


def test_a_file_that_is_none_is_refused(app, file, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\0")
    found = run(app, "customers", "import", str(tmp_path / "x.csv"))
    assert (found.exit_code, found.stdout) == (1, "")
    assert run(app, "customers", "import", str(tmp_path / "none.csv")).exit_code == 2
