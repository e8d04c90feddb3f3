"""Files that carry a script: whoever opens the link runs nothing and leaves the portal nowhere."""

import pytest

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.attachments import Upload, attachments_of
from tests.browser.conftest import close
from tests.cast import make_tenant, make_user
from tests.support import hostile
from tests.support.desk import answer, make_ticket

FILES = {
    "x.svg": hostile.SVG,
    "x.html": hostile.HTML,
    "x.xml": hostile.XML,
    "x.gif": hostile.GIF_AND_SCRIPT,
    "cat.png": hostile.PROGRAM,
}


@pytest.fixture
def bea(site, context) -> Admin:
    person = site.person("Bea Agent", is_second_factor_on=True)
    site.sign_in(context, person)
    return person


@pytest.fixture
def attached(site, bea, request):
    """Put a file into a ticket; where it is."""

    def attach(filename: str, data: bytes) -> str:
        with site.app.app_context():
            tenant = make_tenant("Acme", external_id=f"{request.node.name[:90]}-{filename}")
            ticket = make_ticket(make_user(tenant))
            person = db.session.get_one(Admin, bea.id)
            message = answer(ticket, person, uploads=[Upload(filename, data)]).message
            place = f"/support/attachments/{attachments_of([message])[message.id][0].id}"
            db.session.commit()
            return place

    return attach


@pytest.mark.parametrize("filename", FILES)
def test_opening_the_link_only_downloads_it(page, attached, filename):
    place = attached(filename, FILES[filename])
    page.goto("/")
    with page.expect_download() as download:
        page.evaluate("place => { location.href = place; }", place)
    assert download.value.suggested_filename == filename
    assert download.value.path().read_bytes() == FILES[filename]
    assert (page.url.endswith(place), "ran" in page.title()) == (False, False)


@pytest.fixture
def strict_page(browser, site, bea):
    """A page that may complain: here the browser is meant to refuse something."""
    context = browser.new_context(base_url=site.url)
    site.sign_in(context, bea)
    yield context.new_page()
    close(context)


def test_a_picture_with_a_script_in_it_is_a_picture_at_most(strict_page, attached):
    asked = []
    strict_page.on("request", lambda request: asked.append(request.url))
    answer = strict_page.goto(attached("x.gif", hostile.GIF_AND_SCRIPT) + "?inline=1")
    assert answer.headers["content-type"] == "image/gif"
    assert "ran" not in strict_page.title()
    assert [url for url in asked if url != answer.url] == []


def test_no_page_takes_a_file_for_a_script(strict_page, attached):
    """The polyglot is a script and a picture; as what its bytes say it runs nowhere."""
    place, heard = attached("x.gif", hostile.GIF_AND_SCRIPT), []
    strict_page.on("console", lambda message: heard.append(message.text))
    strict_page.goto("/")
    strict_page.evaluate(
        """place => new Promise(done => {
            const script = document.createElement("script");
            script.src = `${place}?inline=1`;
            script.onload = script.onerror = done;
            document.head.append(script);
        })""",
        place,
    )
    assert "ran" not in strict_page.title()
    assert any("Refused to execute script" in text for text in heard)


def test_a_small_picture_is_shown_in_a_page(page, attached):
    place = attached("box.png", hostile.png(3, 2))
    page.goto("/")
    width = page.evaluate(
        """async place => {
            const picture = new Image();
            picture.src = `${place}?inline=1`;
            await picture.decode();
            return picture.naturalWidth;
        }""",
        place,
    )
    assert width == 3
