"""A new key for cookies and forms: pages that are open stay good, a second run changes nothing."""

import os
import stat

import pytest

from portal import config_keys
from portal.audit.actions import Action
from portal.config import settings
from portal.core.database import db
from portal.staff.models import AdminSession
from tests.cast import make_admin, open_session
from tests.conftest import make_app
from tests.ledger import events

ROTATE = ["keys", "rotate-secret"]
LONG_AGO = 1_000_000_000


@pytest.fixture
def start(database, tmp_path):
    """Start the portal anew on the same instance folder."""
    url, apps = database.clone(), []

    def fresh(**more):
        apps.append(make_app(url, tmp_path, **more))
        return apps[-1]

    yield fresh
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def rotate(app, *more):
    done = app.test_cli_runner().invoke(args=[*ROTATE, *more])
    assert done.exit_code == 0, done.output
    return done


def keys_of(app):
    with app.app_context():
        return settings().secret_key, settings().secret_key_fallbacks


def sign_in(app):
    with app.app_context():
        bea = make_admin("Bea Agent", is_second_factor_on=True)
        token = open_session(bea)[1]
        db.session.commit()
        client = app.test_client()
        client.sign_in(token)
    return client


def test_a_form_that_was_open_is_taken_after_the_restart(start):
    old = start()
    client = sign_in(old)
    with old.app_context():
        form_token = client.form_token()
    done = rotate(old)
    assert "1 key made, 1 older accepted, 1 live sessions go on" in done.stderr
    client.application = new = start()
    assert keys_of(new)[1] == (keys_of(old)[0],)
    with new.app_context():
        answer = client.post("/account/theme", data={"csrf_token": form_token, "theme": "dark"})
        assert answer.status_code == 303
        assert db.session.query(AdminSession).count() == 1


def test_a_second_run_changes_nothing_unless_it_is_forced(start):
    rotate(start())
    first = keys_of(start())
    assert "0 keys made" in rotate(start()).stderr
    assert keys_of(start()) == first
    rotate(start(), "--force")
    assert keys_of(start())[1] == (first[0], *first[1])
    with start().app_context():
        assert len(events(Action.SECRET_KEY_ROTATED)) == 2


def test_the_key_of_yesterday_makes_room_and_five_older_ones_are_kept(start, tmp_path):
    path = tmp_path / "instance" / "keys" / "secret_key"
    seen = []
    for _ in range(7):
        app = start()
        seen.insert(0, keys_of(app)[0])
        os.utime(path, (LONG_AGO, LONG_AGO))
        rotate(app)
    assert keys_of(start())[1] == tuple(seen[:5])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_killed_between_its_two_files_it_is_simply_run_again(start, monkeypatch):
    app, write = start(), config_keys._write
    old = keys_of(app)[0]

    def die(path, text):
        if path.name == "secret_key":
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(config_keys, "_write", die)
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        config_keys.replace_secret_key(settings().instance_dir, old=old, fallbacks=())
    monkeypatch.undo()
    assert keys_of(start()) == (old, (old,))
    rotate(start(), "--force")
    new, fallbacks = keys_of(start())
    assert (new != old, fallbacks) == (True, (old,))


def test_a_key_that_is_set_outside_is_only_proposed(start):
    given = "a-key-that-the-operator-keeps-elsewhere-91827"
    app = start(SECRET_KEY=given)
    done = rotate(app)
    proposed = dict(line.split("=", 1) for line in done.stdout.split())
    assert proposed["PORTAL_SECRET_KEY_FALLBACKS"] == given
    after = start(**{name.removeprefix("PORTAL_"): value for name, value in proposed.items()})
    assert keys_of(after) == (proposed["PORTAL_SECRET_KEY"], (given,))
    with app.app_context():
        assert events(Action.SECRET_KEY_ROTATED) == []
