"""Markup that somebody typed or mailed stays text on every page; a long word makes none wider."""

import pytest
from playwright.sync_api import expect

from portal.core.database import db
from portal.core.roles import Role
from portal.customers.import_file import COLUMNS, read_file
from portal.customers.import_preview import judge
from portal.customers.imports import keep_preview
from portal.customers.tokens import issue_service_token
from portal.staff.models import Admin
from tests.browser.site import Site
from tests.cast import actor, make_tenant, make_user
from tests.support.desk import answer, customer_writes, make_ticket

RUN = "document.title='ran'"
CORPUS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script>",
    (
        "<math><mtext></form><form><mglyph><svg><mtext><textarea>"
        f"<path id='</textarea><img onerror={RUN} src=1>'>"
    ),
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<a href='java\tscript:{RUN}'>here</a>",
    f"<a href='&#106;avascript:{RUN}'>here</a>",
    "<a href=data:text/html,evil>here</a>",
    "<style>@import '//evil.test/a.css';</style>",
    "<form action=//evil.test><button>Go</button></form>",
    "<base href=//evil.test/>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    f"<div hx-get=/sign-out hx-trigger=load hx-on:load={RUN}>",
    f'<div hx-on::after-request="{RUN}" data-hx-post=/sign-out>',
    f'"><script>{RUN}</script>',
    f"' autofocus onfocus={RUN} x='",
    f"</textarea></title><script>{RUN}</script>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<!--><img src=x onerror={RUN}>-->",
    "{{7*7}}${7*7}<%= 7*7 %>",
]
TEXT = "\n".join(CORPUS)


def planted(site: Site, person: Admin, number: int) -> list[str]:
    """Put the corpus wherever a customer or a colleague may write; the pages that show it."""
    with site.app.app_context():
        ann, short = db.session.get_one(Admin, person.id), CORPUS[number % len(CORPUS)][:110]
        tenant = make_tenant(f"Acme {short}", external_id=f"hostile-{number}-{person.id}")
        user = make_user(tenant, f"Uma {short}")
        ticket = make_ticket(user, subject=f"Help {short}"[:150], body=TEXT)
        customer_writes(ticket, TEXT)
        answer(ticket, ann, TEXT)
        db.session.commit()
        return [
            f"/support/tickets/{ticket.number}",
            f"/support/tickets/{ticket.number}/history",
            f"/customers/tenants/{tenant.id}",
            f"/customers/users/{user.id}",
            f"/customers/users/{user.id}/edit",
            f"/entitlements/users/{user.id}/grant",
        ]


LISTS = ["/support/queue/all", "/customers", "/audit/log", "/staff", "/operations/mail"]


@pytest.fixture
def ann(site, context) -> Admin:
    person = site.person("Ann Admin", Role.ADMIN, is_second_factor_on=True)
    site.sign_in(context, person)
    return person


def test_what_was_typed_runs_nowhere_and_asks_for_nothing(page, site, ann):
    """The browser's own complaints, of which a refused script is one, fail the test as well."""
    strange: list[str] = []
    page.on("request", lambda asked: strange.append(asked.url))
    page.on("dialog", lambda dialog: strange.append("//evil dialog"))
    places = LISTS + [place for number in (0, 1, 15) for place in planted(site, ann, number)]
    for place in places:
        assert page.goto(place).status == 200, place
        assert page.title() != "ran", place
        assert page.locator("main script, main iframe, main svg[onload], main base").count() == 0
        assert page.locator("main [onerror], main [onload], main [onfocus]").count() == 0, place
    page.goto(places[len(LISTS)])
    assert CORPUS[1] in page.locator("main").inner_text()
    assert [url for url in strange if not url.startswith((site.url, "data:"))] == []


@pytest.mark.parametrize("markup", CORPUS[::7])
def test_a_search_gives_back_what_was_typed_as_text(page, site, ann, markup):
    for place in ("/staff", "/customers", "/support/search"):
        page.goto(place)
        box = page.locator("input[name=q]").first
        box.fill(markup[:100])
        box.press("Enter")
        page.wait_for_load_state()
        assert page.title() != "ran"


@pytest.fixture
def long_names(site, request) -> dict[str, str]:
    """The pages of a tenant and a user whose names are one word of 200 letters each."""
    with site.app.app_context():
        tenant = make_tenant("T" * 200, external_id=request.node.name[:100])
        ticket = make_ticket(make_user(tenant, "U" * 200))
        db.session.commit()
        return {
            "ticket": f"/support/tickets/{ticket.number}",
            "tenant": f"/customers/tenants/{tenant.id}",
            "coupons": f"/coupons/tenants/{tenant.id}",
        }


@pytest.mark.parametrize(
    ("place", "name"),
    [("ticket", "TTT"), ("ticket", "UUU"), ("tenant", "New coupon"), ("coupons", "New coupon")],
)
def test_a_name_of_one_long_word_makes_no_page_wider(page, ann, long_names, place, name):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(long_names[place])
    expect(page.locator("main").get_by_role("link", name=name).first).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_a_token_of_one_long_word_leaves_its_button_in_sight(page, site, ann):
    """As does the line of a file: a table would else be as wide as its longest word."""
    with site.app.app_context():
        by = actor(db.session.get_one(Admin, ann.id))
        issue_service_token(by=by, name="N" * 120, scopes=["tickets:read"])
        file = read_file(f"{','.join(COLUMNS)}\nx,{'T' * 200},u,{'U' * 200},u@x.test,\n".encode())
        kept = keep_preview(by=by, filename="x.csv", file=file, verdicts=judge(file.lines))
        db.session.commit()
        places = ["/tokens?q=NNN", f"/customers/imports/{kept.id}"]
    for place in places:
        page.goto(place)
        expect(page.locator("main tbody tr")).to_have_count(1)
        region = page.locator("main .table-responsive")
        assert region.evaluate("at => at.scrollWidth <= at.clientWidth"), place
