"""Forged requests: without a token, with another session's, from another site, as another type."""

import pytest
import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.permissions import CUSTOMER_PERMISSIONS
from portal.core.roles import Role
from portal.web.access import SAFE_METHODS, SessionState
from tests.attacks.ground import Ground
from tests.attacks.wire import LOGIN, Attacker, Reply
from tests.cast import PASSWORD, sudo_until

pytestmark = pytest.mark.attack


@pytest.fixture
def admin(ground) -> Attacker:
    """The victim's browser, in which every door would open: an admin who just proved it."""
    person = ground.person(Role.ADMIN, "Ann Admin")
    return ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")


@pytest.fixture
def changing(ground) -> list[tuple[str, str]]:
    """Every door behind which something changes, for whoever is signed in."""
    found = ground.doors(
        lambda view: (
            SessionState.ACTIVE in view.access.states
            and view.access.permission not in CUSTOMER_PERMISSIONS
        )
    )
    return [door for door in found if door[0] not in SAFE_METHODS]


def forge(victim: Attacker, method: str, url: str, token: str, site: str = "same-origin") -> Reply:
    kept, victim.form_token = victim.form_token, token
    try:
        if url.startswith("/api/"):
            return victim.say(method, url, {}, X_CSRFToken=token, Sec_Fetch_Site=site)
        return victim.submit(url, Sec_Fetch_Site=site)
    finally:
        victim.form_token = kept


def traces(ground: Ground) -> tuple[int, int]:
    """How many refusals and how many other events the ledger holds."""
    query = sa.select(sa.func.count()).select_from(AuditEvent)
    refusals = ground.events(Action.REQUEST_FORGED)
    return refusals, ground.rows(query)[0] - refusals


WAYS = {
    "no token": ("", "same-origin", 400),
    "another session's token": ("theirs", "same-origin", 400),
    "another site": ("own", "cross-site", 403),
    "a neighbour of this site": ("own", "same-site", 403),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_forged_change_is_refused_at_every_door_and_noted(ground, admin, changing, way):
    kind, site, status = WAYS[way]
    tokens = {"": "", "own": admin.form_token, "theirs": ""}
    if kind == "theirs":
        tokens["theirs"] = ground.attacker(ground.person(Role.ADMIN)).form_token
    assert len(changing) > 150
    doors = ground.sample(changing)
    before = traces(ground)
    for method, url in doors:
        answer = forge(admin, method, url, tokens[kind], site)
        assert answer.status == status, f"{method} {url}"
    after = traces(ground)
    assert (after[0] - before[0], after[1] - before[1]) == (len(doors), 0)


def test_no_form_is_taken_for_json(ground, admin, changing):
    doors = ground.sample([door for door in changing if door[1].startswith("/api/")])
    for method, url in doors:
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
            sent = {"Content_Type": kind, "X_CSRFToken": admin.form_token}
            answer = admin.ask(method, url, b'{"a": "b"}', Sec_Fetch_Site="same-origin", **sent)
            assert answer.status == 415, f"{method} {url} {kind}"


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://127.0.0.1.evil.test"])
def test_a_browser_without_fetch_metadata_names_its_origin(ground, admin, origin):
    body = f"csrf_token={admin.form_token}".encode()
    kind = "application/x-www-form-urlencoded"
    answer = admin.ask("POST", "/account/theme", body, Content_Type=kind, Origin=origin)
    assert answer.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_signs_somebody_in(ground, site):
    victim, email = ground.stranger(), ground.person().email
    body = {"email": email, "password": PASSWORD}
    assert victim.say("POST", LOGIN, body, Sec_Fetch_Site=site).status == 403
    victim.take_form_token()
    assert victim.submit("/sign-in", body, Sec_Fetch_Site=site).status == 403


def test_nothing_is_changed_by_asking_for_it(ground, admin):
    """GET and HEAD where only a change lives: the method is refused."""
    changes = ground.doors(lambda view: hasattr(view, "audited_actions"))
    readable = {url for method, url in ground.doors(lambda view: True) if method == "GET"}
    doors = sorted({url for _, url in changes} - readable)
    before = traces(ground)
    for _, url in ground.sample([("GET", url) for url in doors]):
        assert [admin.ask(method, url).status for method in ("GET", "HEAD")] == [405, 405], url
    assert traces(ground) == before
