"""A real Chromium before a real server. Whatever the browser complains about fails the test."""

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from portal.core import clock
from portal.core.database import db
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.people import Cast, cast_of
from tests.browser.site import Site
from tests.cast import make_tenant, make_user
from tests.conftest import make_app
from tests.databases import Server
from tests.support.desk import make_ticket

# Chromium prints a line for every answer of 400 or more, which a refusal rightly is.
REFUSAL = "Failed to load resource: the server responded with a status of 4"
# htmx prints two for a request that it gives up for a newer one. One that fails prints the first,
# and `htmx:sendError` or `htmx:timeout`.
GIVEN_UP = ("htmx:afterRequest,", "htmx:sendAbort,")
EXPECTED = (REFUSAL, *GIVEN_UP)
LISTEN = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""

# Nothing waits so long where all is well; a busy machine may be slow.
MOST_PATIENCE = 30_000
expect.set_options(timeout=MOST_PATIENCE)

HABITS: dict[str, Any] = {
    "locale": "en-GB",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",
    "viewport": {"width": 1280, "height": 800},
}
OpenContext = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    found = executable()
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    return {"executable_path": found, "args": ARGUMENTS}


@pytest.fixture(scope="module")
def served(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A portal of its own for each file: what one leaves is in no other's way."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(lambda url: make_app(database.clone(), folder, BASE_URL=url))
    yield site
    site.stop()


@pytest.fixture(scope="module")
def cast(served: Site) -> Cast:
    return cast_of(served)


@pytest.fixture
def site(served: Site) -> Site:
    served.forget_failures()
    return served


class Watch:
    """What a browser complained about."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def over(self, context: BrowserContext) -> None:
        context.on("console", self.hear)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("response", self.see)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.complaints.append(f"{message.type}: {message.text} at {message.location}")

    def see(self, response: Response) -> None:
        is_missing_file = response.status >= 400 and "/static/" in response.url
        if response.status >= 500 or is_missing_file:
            self.complaints.append(f"{response.status} from {response.url}")


@pytest.fixture
def open_context(browser: Browser, site: Site) -> Iterator[OpenContext]:
    """Another browser, with nothing shared: `open_context(java_script_enabled=False)`."""
    watch, opened = Watch(), []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(base_url=site.url, **{**HABITS, **options})
        context.set_default_timeout(MOST_PATIENCE)
        if options.get("java_script_enabled", True):
            context.add_init_script(LISTEN)
        watch.over(context)
        opened.append(context)
        return context

    yield make
    # What is still asked for while its window closes fails, and is nobody's fault.
    complaints = [*watch.complaints]
    for context in opened:
        close(context)
    assert not complaints


def close(context: BrowserContext) -> None:
    """Within a time of its own: Playwright waits for a browser that does not answer without end."""

    def give_up(*_: object) -> None:
        raise TimeoutError("the browser does not close its windows")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, MOST_PATIENCE / 1000)
    try:
        context.close()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    return open_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain_page(open_context: OpenContext) -> Page:
    """A browser that runs no JavaScript."""
    return open_context(java_script_enabled=False).new_page()


@pytest.fixture
def number(site: Site, request: pytest.FixtureRequest) -> str:
    """The ticket of a user whom no other test knows."""
    with site.app.app_context():
        tenant = make_tenant("Acme", external_id=request.node.name[:100])
        found = make_ticket(make_user(tenant, email="uma@acme.test")).number
        db.session.commit()
        return found


@pytest.fixture
def wait() -> Iterator[Callable[[timedelta], None]]:
    """Let time pass for the portal and the phone: `wait(timedelta(minutes=5))`."""
    with time_machine.travel(clock.now(), tick=True) as traveller:
        yield traveller.shift
