"""What somebody sees who works all day: nothing cut into pieces, nothing out of sight."""

from functools import partial

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.queue import enqueue
from tests.browser.test_ticket import agent
from tests.browser.test_ticket_fields import at_ticket
from tests.cast import make_tenant, make_user
from tests.support.queue_cast import put

ZOOMED = {"width": 640, "height": 400}
"""1280 by 800 at 200 %."""
APPEARANCE = "box => getComputedStyle(box).appearance"
GROUND = "entry => getComputedStyle(entry).forcedColorAdjust"
# The lines of a row that end before their words do, and the tags that are seen in part.
CUT = "names => names.filter(name => name.scrollWidth > name.clientWidth + 1).length"
PARTS = """tags => tags.filter(tag => {
  const seen = tag.parentElement.getBoundingClientRect(), own = tag.getBoundingClientRect();
  return own.top < seen.bottom && (own.right > seen.right + 1 || tag.scrollWidth > tag.clientWidth);
}).length"""

# Once the half second is over after which it may be seen.
HAS_COME = """async () => {
  const all = document.body.getAnimations({ subtree: true });
  await Promise.all(all.filter(one => one.animationName === "waits").map(one => one.finished));
  const line = getComputedStyle(document.body, "::after");
  return line.content !== "none" && line.opacity === "1";
}"""
ON_ITS_WAY = "form[data-sent], form.htmx-request"
HAS_A_SIGN = "getComputedStyle(document.body, '::after').content !== 'none'"
# At the instant at which something comes, before htmx has taken its own classes from it.
NOTES_SIGNS = f"""window.signs = [];
addEventListener("htmx:afterSwap", () => signs.push({HAS_A_SIGN}));"""


def hold(held, route):
    held.append(route)


@pytest.fixture
def ann(page, context, site):
    site.sign_in(context, site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True))
    return page


@pytest.fixture
def queue(page, context, site):
    """A ticket with names and tags of the usual length."""
    with site.app.app_context():
        user = make_user(make_tenant(f"Delta{next(site.numbers)} Board"), name="Uma Tremblay")
        put(user, subject="Prices", tags=["prices", "integration"], plan_name="Professional")
        db.session.commit()
    site.sign_in(context, agent(site, "Bea Agent"))
    page.goto("/support/queue/all")
    return page


@pytest.mark.parametrize("size", [{"width": 1280, "height": 600}, ZOOMED], ids=["wide", "zoomed"])
def test_a_long_menu_opens_at_the_place_of_the_page(ann, size):
    ann.set_viewport_size(size)
    ann.goto("/operations/health")
    if size is ZOOMED:
        ann.get_by_role("button", name="Menu", exact=True).click()
    expect(ann.locator("#sidebar [aria-current]")).to_be_in_viewport(ratio=1)
    assert ann.evaluate("scrollY") == 0


def test_the_search_of_the_top_bar_keeps_to_one_line_when_zoomed(ann):
    ann.set_viewport_size(ZOOMED)
    ann.goto("/")
    for part in ann.locator(".search-hint > :not(svg)").all():
        assert part.bounding_box()["height"] < 24


def test_a_row_of_the_queue_says_whole_names_and_whole_tags(queue):
    for width in (1280, 1440):
        queue.set_viewport_size({"width": width, "height": 800})
        assert queue.locator(".queue-name").evaluate_all(CUT) == 0
        assert queue.locator(".queue-tags .badge").evaluate_all(PARTS) == 0


def test_a_tick_is_seen_in_the_colours_of_a_system(queue):
    queue.emulate_media(forced_colors="active")
    assert queue.locator("[name=ticket]").first.evaluate(APPEARANCE) == "auto"


def test_the_chosen_place_is_seen_in_the_colours_of_a_system(queue):
    queue.emulate_media(forced_colors="active")
    for menu in ("#sidebar", ".desk-views"):
        assert queue.locator(f"{menu} [aria-current]").evaluate(GROUND) == "none"


def test_a_phone_shows_no_label_of_what_is_not_there(ann, site):
    with site.app.app_context():
        enqueue("tests.paper", {})
        db.session.commit()
    ann.set_viewport_size({"width": 360, "height": 740})
    ann.goto("/operations/jobs?status=queued")
    expect(ann.locator("td[data-label='Tries']").first).to_be_visible()
    expect(ann.locator("td[data-label='Last error']").first).to_be_hidden()


@pytest.mark.parametrize("name", ["reply", "priority"], ids=["of-a-page", "of-a-part"])
def test_an_answer_that_takes_long_is_seen_to_be_on_its_way(site, page, number, name):
    bea, held = at_ticket(site, page, "Bea Agent", number), []
    bea.route(f"**/{number}/{name}", partial(hold, held))
    if name == "reply":
        bea.fill("#reply-body", "We are on it.")
        bea.keyboard.press("Control+Enter")
    else:
        bea.locator("#field-priority").select_option("urgent")
    expect(bea.locator(ON_ITS_WAY)).to_have_count(1)
    assert bea.evaluate(HAS_COME)
    held.pop().continue_()
    if name == "reply":  # the page comes anew, with it
        expect(bea.get_by_label("Conversation")).to_contain_text("We are on it.")
    expect(bea.locator(ON_ITS_WAY)).to_have_count(0)
    assert not bea.evaluate(HAS_A_SIGN)


def test_what_a_page_asks_by_itself_is_not_seen(site, page, number):
    bea, held = at_ticket(site, page, "Bea Agent", number), []
    bea.route(f"**/{number}/news**", partial(hold, held))
    bea.evaluate("htmx.trigger('#ticket-news', 'look')")
    expect(bea.locator("#ticket-news.htmx-request")).to_be_attached()
    assert not bea.evaluate(HAS_A_SIGN)
    held.pop().continue_()


def test_what_has_come_is_not_seen_to_be_on_its_way(site, page, number):
    page.add_init_script(NOTES_SIGNS)
    bea = at_ticket(site, page, "Bea Agent", number)
    expect(bea.locator("#customer-panel.htmx-request")).to_have_count(0)
    expect(bea.locator("#customer-panel")).not_to_be_empty()
    assert set(bea.evaluate("signs")) == {False}
