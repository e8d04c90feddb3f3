"""On a database without its tables, or behind its migrations, nothing begins: it says why."""

import click
import flask_migrate
import pytest
import sqlalchemy as sa

from portal.audit.verifying.report import Ending
from portal.core.database import db
from portal.core.migrated import VERSIONS, is_behind
from portal.core.starting import DatabaseBehind, refuse_database_behind
from portal.web.commands import add_commands
from seeds.commands import seed_commands
from tests.conftest import make_app
from tests.processes import Portal

WAY_OUT = "is not up to date: run `flask --app wsgi db upgrade`."
WORDS = {
    "audit archive": ["--before", "2025-01-01", "--to", "archive"],
    "audit export": ["bundle.zip"],
    "audit fork-accept": ["--reason", "a restore"],
    "audit privileges": ["--role", "portal_app"],
    "customers import": ["pyproject.toml"],
    "staff add": ["ann@example.com", "--name", "Ann", "--role", "admin"],
    "staff addresses": ["admin"],
    "staff reset-2fa": ["ann@example.com", "--reason", "a lost phone"],
    "tokens issue service": ["--name", "product", "--scope", "customers:write"],
    "tokens issue user": ["--user", "1"],
    "tokens revoke": ["1"],
}
"""What the others cannot do without."""
NEED_NONE = {"openapi", "staff roles"}
LOOK_THEMSELVES = {"backup", "audit verify"}


def leaves(command, *path):
    if not isinstance(command, click.Group):
        return {" ".join(path)}
    return {leaf for name, one in command.commands.items() for leaf in leaves(one, *path, name)}


def portal_on(url, folder):
    app = make_app(url, folder)
    add_commands(app, seed_commands)
    return app


def run(app, *words):
    done = app.test_cli_runner().invoke(args=[*words])
    with app.app_context():
        db.engine.dispose()
    return done


@pytest.fixture
def empty_app(database, tmp_path):
    return portal_on(database.empty(), tmp_path)


@pytest.fixture
def old_app(database, tmp_path):
    """Its database lacks the newest migration."""
    app = portal_on(database.clone(), tmp_path)
    with app.app_context():
        flask_migrate.downgrade()
        db.engine.dispose()
    return app


def test_every_command_ends_with_one_sentence_on_a_database_without_tables(empty_app):
    migrating = leaves(empty_app.cli.commands["db"], "db")
    for command in leaves(empty_app.cli) - migrating - NEED_NONE - LOOK_THEMSELVES:
        done = run(empty_app, *command.split(), *WORDS.get(command, []))
        assert (done.exit_code, done.stdout) == (1, ""), (command, done.stderr)
        assert done.stderr.startswith("Error: The database at "), command
        assert done.stderr.endswith(f"{WAY_OUT}\n"), command


def test_a_command_ends_with_the_same_sentence_behind_the_migrations(old_app):
    done = run(old_app, "seed", "catalog")
    assert (done.exit_code, WAY_OUT in done.stderr) == (1, True)


def test_a_log_in_such_a_database_is_not_verified_and_not_called_changed(empty_app, old_app):
    for app in (empty_app, old_app):
        done = run(app, "audit", "verify")
        assert (done.exit_code, WAY_OUT in done.stderr) == (Ending.NOT_RUN, True)


def test_commands_that_need_no_database_are_answered(empty_app):
    for words in (["staff", "roles"], ["staff", "add", "--help"], ["seed", "--help"]):
        done = run(empty_app, *words)
        assert (done.exit_code, done.stderr) == (0, "")


def test_after_the_upgrade_that_was_named_commands_work(empty_app):
    for words in (["db", "upgrade"], ["seed", "catalog"]):
        done = run(empty_app, *words)
        assert done.exit_code == 0, done.stderr


@pytest.mark.one_database("sqlite")
def test_without_tables_there_is_nothing_to_back_up(empty_app, tmp_path):
    done = run(empty_app, "backup", str(tmp_path / "copy"))
    assert (done.exit_code, "has no tables yet" in done.stderr) == (1, True)
    assert not (tmp_path / "copy").exists()


@pytest.mark.one_database("sqlite")
def test_new_code_backs_up_the_database_before_it_is_upgraded(old_app, tmp_path):
    done = run(old_app, "backup", str(tmp_path / "copy"))
    assert (done.exit_code, (tmp_path / "copy").exists()) == (0, True), done.stderr


def test_a_database_that_newer_code_migrated_is_not_behind(app):
    db.session.execute(sa.update(VERSIONS).values(version_num="9999_of_tomorrow"))
    assert not is_behind()


@pytest.mark.one_database("sqlite")
def test_a_database_that_does_not_answer_is_not_called_behind(tmp_path):
    with make_app(f"sqlite:///{tmp_path}", tmp_path).app_context():
        assert not is_behind()


@pytest.mark.one_database("postgresql")
def test_the_sentence_tells_where_the_database_is_and_no_password(database, tmp_path):
    url = sa.make_url(database.empty()).update_query_dict({"password": "hidden-too"})
    url = url.set(username=url.username, password="hidden")
    app = make_app(url.render_as_string(hide_password=False), tmp_path)
    with app.app_context():
        with pytest.raises(DatabaseBehind) as refused:
            refuse_database_behind()
        db.engine.dispose()
    assert str(url.database) in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_neither_server_nor_worker_starts_before_the_migrations(database, tmp_path):
    with Portal(database.empty(), tmp_path) as portal:
        for program in (portal.server(1), portal.worker("--once")):
            with program:
                assert program.wait(60) not in {0, None}
                assert WAY_OUT in program.last_words()
                assert "Traceback" not in program.last_words()
            program.log.unlink()
