"""Every page, in both themes, on a desk and on a phone: usable by everybody, and well behaved.

What pages are made of is the same on every database, so a browser looks at them on one alone; that
they open is seen on each, in tests/browser/test_every_address.py.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import HABITS, LISTEN, Watch, close
from tests.browser.pages import SCENES
from tests.browser.people import Cast
from tests.browser.scene import Scene

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
# WCAG 2.2 A and AA and axe's best practices: every rule that axe switches on by itself.
# To measure colours takes axe longer than all else, and they come again on every page. They follow
# from how a text looks and how all that it stands in does, so each such chain of looks is measured
# once a theme. What floats is measured each time, unless nothing shines through it.
# Whether a page locks its orientation is asked of its style sheets alone, so once for each set.
RUN_AXE = """async ({ theme, colours, onlyColours }) => {
    const measured = new Set(JSON.parse(sessionStorage.getItem(theme) ?? "[]"));
    const digest = (text) => {
        let [one, other] = [0xdeadbeef, 0x41c6ce57];
        for (let place = 0; place < text.length; place += 1) {
            one = Math.imul(one ^ text.charCodeAt(place), 2654435761);
            other = Math.imul(other ^ text.charCodeAt(place), 1597334677);
        }
        return (one >>> 0).toString(36) + (other >>> 0).toString(36);
    };
    const chains = new Map(), fresh = [];
    for (const one of [document.documentElement, ...document.querySelectorAll("body, body *")]) {
        if (!one.checkVisibility({ visibilityProperty: true })) continue;
        const style = getComputedStyle(one), above = chains.get(one.parentElement);
        const isOff = one.matches(":disabled, [aria-disabled=true]") || one.control?.disabled;
        const look = [style.color, style.opacity, style.background, style.position, style.fontSize,
            style.fontWeight, style.filter, style.mixBlendMode, style.textShadow,
            style.textDecorationLine, style.borderBottom, one.localName, isOff, above?.look];
        const floats = above?.floats || style.transform !== "none"
            || ["absolute", "fixed", "sticky"].includes(style.position);
        const chain = { look: digest(look.join()),
            floats: floats && !style.backgroundColor.startsWith("rgb(") };
        chains.set(one, chain);
        const hasText = one.matches("a, input, select, textarea")
            || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!hasText || (measured.has(chain.look) && !chain.floats)) continue;
        measured.add(chain.look);
        fresh.push(one);
    }
    const but = Object.fromEntries(colours.map((rule) => [rule, { enabled: false }]));
    const sheets = [...document.styleSheets].map((sheet) => sheet.href).join();
    if (measured.has(sheets)) but["css-orientation-lock"] = { enabled: false };
    const preload = measured.has(sheets) ? { assets: ["media"] } : true;
    const runs = onlyColours ? [] : [[document, { rules: but, preload }]];
    measured.add(sheets);
    if (fresh.length) runs.push([{ include: fresh }, { runOnly: colours }]);
    const found = [];
    for (const [where, options] of runs)
        found.push(await axe.run(where, { resultTypes: ["violations"], ...options }));
    sessionStorage.setItem(theme, JSON.stringify([...measured]));
    return found.flatMap((one) => one.violations).map((one) =>
        `${one.id}: ${one.help}: ` + one.nodes.map((node) => node.html).join(" | "));
}"""
# The dark theme is the light one in other colours (static/portal.css), so there axe looks at those.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
THEMES = ("light", "dark")
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
def tab(browser, served) -> Iterator[tuple[Page, Watch]]:
    """One tab for all of them: opening another takes longer than most pages."""
    watch, context = Watch(), browser.new_context(base_url=served.url, **HABITS)
    for script in (LISTEN, AXE_SCRIPT):
        context.add_init_script(script)
    watch.over(context)
    yield context.new_page(), watch
    close(context)


@pytest.mark.parametrize("endpoint", SCENES)
def test_a_page_suits_everybody(tab, cast, endpoint):
    page, watch = tab
    watch.complaints.clear()
    for scene in SCENES[endpoint]:
        page.context.clear_cookies()
        cast.sign_in(page.context, scene.who)
        assert faults_of(page, scene, cast) == []
    page.evaluate("new Promise(requestAnimationFrame)")  # what the last page still had to say
    assert watch.complaints == []


def faults_of(page: Page, scene: Scene, cast: Cast) -> list[str]:
    page.set_viewport_size(DESK)
    answer = page.goto(scene.path.format(**cast.names))
    assert (page.url.startswith(cast.site.url), answer.status) == (True, scene.status), scene
    page.evaluate(STAND_STILL)
    faults = []
    for size, themes in ((DESK, THEMES), (PHONE, THEMES[::-1])):  # each change is drawn anew
        page.set_viewport_size(size)
        for theme in themes:
            page.evaluate(SET_THEME, theme)
            where = f"{scene.who} {scene.path} {theme} {size['width']}"
            faults += [f"{where}: {fault}" for fault in page.evaluate(RUN_AXE, looking(theme))]
        faults += [f"{scene.path} {size['width']}: {fault}" for fault in page.evaluate(WIDER)]
    return faults


def looking(theme: str) -> dict[str, object]:
    """What axe is to look at now."""
    return {"theme": theme, "colours": OF_COLOURS, "onlyColours": theme != THEMES[0]}
