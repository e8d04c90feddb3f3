"""Every page, in both themes, on a desk and on a phone: usable by everybody, and well behaved.

Pages open without complaint on each database. What they are made of is the same on all of them, so
axe, which takes far longer than the page, looks on the first one alone.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import HABITS, LISTEN, Watch
from tests.browser.pages import NOT_PAGES, SCENES, pages_of
from tests.browser.people import Cast, cast_of
from tests.browser.scene import Scene

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
# WCAG 2.2 A and AA and axe's best practices: every rule that axe switches on by itself.
RUN_AXE = """rules => axe.run({resultTypes: ["violations"],
    ...(rules ? {runOnly: {type: "rule", values: rules}} : {})}).then(found => found.violations.map(
    one => `${one.id}: ${one.help}: ` + one.nodes.map(node => node.html).join(" | ")))"""
# The dark theme is the light one in other colours (static/portal.css), so there axe looks at those.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RULES = {"light": None, "dark": OF_COLOURS}
# A curve takes a few frames to fit itself into a smaller window: what stays too wide is a fault.
WIDER = """async () => {
    const room = () => document.documentElement.clientWidth;
    const isWider = () => document.documentElement.scrollWidth > room();
    for (let frame = 0; frame < 60 && isWider(); frame += 1)
        await new Promise(requestAnimationFrame);
    return isWider() ? ["scrolls sideways", ...[...document.body.querySelectorAll("*")]
        .filter(one => one.getBoundingClientRect().right > room() + 1)
        .map(one => one.outerHTML.slice(0, 120))] : [];
}"""
# At once: half-way through a change of colours no contrast is what it will be.
STAND_STILL = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("* { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [still];
}"""
# A colour that still fades from one theme to the other belongs to neither, so fades are ended;
# the end of one (a parent's) may begin another (its children's).
SET_THEME = """theme => {
    document.documentElement.dataset.bsTheme = theme;
    for (let round = 0; round < 10 && document.getAnimations().length; round += 1)
        for (const fade of document.getAnimations()) fade.finish();
}"""


@pytest.fixture(scope="module")
def cast(served) -> Cast:
    return cast_of(served)


def test_every_page_is_on_the_list(served):
    assert pages_of(served.app) == SCENES.keys()
    assert served.app.view_functions.keys() >= NOT_PAGES


@pytest.fixture(scope="module")
def tab(browser, served, is_first_database) -> Iterator[tuple[Page, Watch]]:
    """One tab for all of them: opening another takes longer than most pages."""
    watch, context = Watch(), browser.new_context(base_url=served.url, **HABITS)
    context.add_init_script(LISTEN)
    if is_first_database:
        context.add_init_script(AXE_SCRIPT)
    watch.over(context)
    yield context.new_page(), watch
    context.close()


@pytest.mark.parametrize("endpoint", SCENES)
def test_a_page_suits_everybody(tab, cast, endpoint, is_first_database):
    page, watch = tab
    watch.complaints.clear()
    for scene in SCENES[endpoint]:
        page.context.clear_cookies()
        cast.sign_in(page.context, scene.who)
        assert faults_of(page, scene, cast, with_axe=is_first_database) == []
    page.goto("about:blank")  # what the last page still had to say
    assert watch.complaints == []


def faults_of(page: Page, scene: Scene, cast: Cast, *, with_axe: bool) -> list[str]:
    page.set_viewport_size(DESK)
    answer = page.goto(scene.path.format(**cast.names))
    assert (page.url.startswith(cast.site.url), answer.status) == (True, scene.status), scene
    page.evaluate(STAND_STILL)
    faults = []
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for theme, rules in RULES.items() if with_axe else ():
            page.evaluate(SET_THEME, theme)
            where = f"{scene.who} {scene.path} {theme} {size['width']}"
            faults += [f"{where}: {fault}" for fault in page.evaluate(RUN_AXE, rules)]
        faults += [f"{scene.path} {size['width']}: {fault}" for fault in page.evaluate(WIDER)]
    return faults
