"""Pages of other sites in the same browser: they change nothing here and frame nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.core.roles import Role
from portal.staff.models import Admin, AdminSession
from tests.browser.conftest import close
from tests.cast import sudo_until

# A site of its own, and one that differs by its port alone: cookies go along to the second.
NEIGHBOURS = ["127.0.0.1", "localhost"]
TRY_EVERYTHING = """async portal => {
    const told = [];
    const ways = [
        ["/account/security", {}],
        ["/api/admin/auth/csrf", {}],
        ["/account/theme", {method: "POST",
            body: new URLSearchParams({theme: "dark"})}],
        ["/api/admin/auth/logout", {method: "POST", body: "{}",
            headers: {"Content-Type": "text/plain"}}],
        ["/api/admin/auth/logout", {method: "POST", body: "{}",
            headers: {"Content-Type": "application/json"}}],
    ];
    for (const [path, more] of ways) {
        try {
            const answer = await fetch(portal + path,
                {credentials: "include", ...more});
            told.push(await answer.text());
        } catch { told.push(null); }
    }
    return told;
}"""


@contextmanager
def elsewhere(host: str, html: str) -> Iterator[str]:
    """Another site, whose every page is this one."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def victim(browser, site):
    """A page of a browser in which an admin is signed in. It may complain: it is attacked."""
    admin = site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)
    other = site.person("Bea Agent", is_second_factor_on=True)
    context = browser.new_context(base_url=site.url)
    site.sign_in(context, admin, sudo_until=sudo_until(), sudo_method="totp")
    page = context.new_page()
    page.admin, page.other = admin, other
    yield page
    close(context)


def untouched(site, victim) -> bool:
    with site.app.app_context():
        mine = AdminSession.admin_id == victim.admin.id
        ended = db.session.scalars(sa.select(AdminSession.revoked_at).where(mine)).all()
        other = db.session.get_one(Admin, victim.other.id)
        admin = db.session.get_one(Admin, victim.admin.id)
        return ended == [None] and other.disabled_at is None and admin.theme != "dark"


@pytest.mark.parametrize("host", NEIGHBOURS)
def test_a_form_of_another_site_changes_nothing(site, victim, host):
    for path in ("/sign-out", "/account/theme", f"/staff/{victim.other.id}/disable"):
        form = (
            f'<form method="post" action="{site.url}{path}"><input name="theme" value="dark">'
            f"</form><script>document.forms[0].submit()</script>"
        )
        with elsewhere(host, form) as address, victim.expect_response(site.url + path) as answer:
            victim.goto(address, wait_until="commit")
        assert answer.value.status in {303, 403}, path
        assert untouched(site, victim), path


@pytest.mark.parametrize("host", NEIGHBOURS)
def test_a_script_of_another_site_reads_and_changes_nothing(site, victim, host):
    with elsewhere(host, "<title>Elsewhere</title>") as address:
        victim.goto(address)
        told = victim.evaluate(
            TRY_EVERYTHING,
            site.url,
        )
    assert told == [None] * 5
    assert untouched(site, victim)


@pytest.mark.parametrize("host", NEIGHBOURS)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/audit/events.csv"])
def test_no_page_of_the_portal_stands_in_a_frame(site, victim, host, path):
    html = f'<iframe src="{site.url}{path}" width="800" height="600"></iframe>'
    with elsewhere(host, html) as address:
        victim.goto(address)
        victim.wait_for_load_state("load")
        frames = [frame for frame in victim.frames if frame is not victim.main_frame]
        shown = [frame.content() for frame in frames]
    assert not any("Back Office" in html or "BoxCostPro" in html for html in shown)


@pytest.mark.parametrize("host", NEIGHBOURS)
def test_a_window_of_the_portal_is_out_of_reach(site, victim, host):
    with elsewhere(host, "<title>Elsewhere</title>") as address:
        victim.goto(address)
        with victim.expect_popup() as opened:
            victim.evaluate(
                "portal => { window.kept = open(portal + '/account/security'); }", site.url
            )
        opened.value.wait_for_load_state()
        assert victim.evaluate("() => kept.closed || kept.length === 0")
        assert opened.value.evaluate("() => window.opener") is None
