"""What the docs say is there: every link, image, command, address, setting and word on a screen."""

import re
import shlex
from dataclasses import fields
from functools import cache

import click
import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from portal.config import ROOT, Settings
from seeds.commands import seed_commands
from tests.docs.reading import (
    FENCE,
    PAGES,
    SETTING,
    addresses,
    anchors_of,
    bodies,
    codes,
    commands,
    images,
    labels,
    links,
    make_words,
    text_of,
)

LARGEST_IMAGE = 150_000
TEMPLATE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]+>", re.DOTALL)
OTHERS = {"Custom Reports"}
"""Names of the catalogue, of which the portal itself knows nothing."""
ROOTS = ("", "/api/audit", "/api/entitlements")
"""Where an address begins that is told by its end, after a longer one."""
ELSEWHERE = {"/backups", "/archive", "/mnt", "/events"}
"""Paths of the reader's machine, and addresses of other servers."""


@pytest.mark.parametrize("link", list(links()), ids=str)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(link):
    target, _, anchor = link.text.partition("#")
    page = (link.page.parent / target).resolve() if target else link.page
    assert page.exists()
    if anchor:
        assert anchor in anchors_of(page)


def test_every_image_is_shown_and_small():
    kept = set((ROOT / "docs/images").glob("*.png"))
    shown = {(image.page.parent / image.text).resolve() for image in images()}
    assert kept == shown
    assert [image.name for image in kept if image.stat().st_size > LARGEST_IMAGE] == []


def test_every_page_of_docs_is_in_the_list_by_reader():
    index = text_of(ROOT / "docs/README.md")
    of_docs = [page.name for page in PAGES if page.parent.name == "docs"]
    assert [name for name in of_docs if f"({name})" not in index] == ["README.md"]


@pytest.mark.parametrize("said", list(commands()), ids=str)
def test_every_command_is_one_with_these_options(app, said):
    words = shlex.split(said.text.replace("...", "x"))
    command, words = _command(app, words)
    assert not isinstance(command, click.Group), f"{said.text} names no command"
    known = {option for each in command.params for option in each.opts} | {"--help"}
    given = [word for word in words if word.startswith("--")]
    assert set(given) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_copied_finds_its_program(page):
    lines = [line for block in FENCE.findall(text_of(page)) for line in block.splitlines()]
    assert [line for line in lines if re.match(r"(flask|gunicorn|pytest|ruff|mypy) ", line)] == []


def _command(app, words):
    """The command that the words lead to, and the words left over."""
    found = click.Group(commands={**app.cli.commands, "seed": seed_commands})
    context = click.Context(found)
    while words and isinstance(found, click.Group):
        inner = found.get_command(context, words[0])
        if inner is None:
            break
        found, words = inner, words[1:]
    return found, words


@pytest.mark.parametrize("said", list(make_words()), ids=str)
def test_every_make_word_is_one(said):
    assert re.search(rf"^{said.text}:", text_of(ROOT / "Makefile"), re.MULTILINE)


@pytest.mark.parametrize("said", list(addresses()), ids=str)
def test_every_address_is_one_of_the_portal(app, said):
    method, _, path = said.text.rpartition(" ")
    is_elsewhere = any(path == other or path.startswith(f"{other}/") for other in ELSEWHERE)
    assert is_elsewhere or any(_leads(app, method, root + path) for root in ROOTS)


def _leads(app, method, path):
    """To a view, or to several that lie below it."""
    filled = re.sub(r"\{[^}]*\}|<[^>]*>", "1", path)
    try:
        return bool(app.url_map.bind("localhost").match(filled, method=method or "GET"))
    except (MethodNotAllowed, RequestRedirect):
        return not method
    except NotFound:
        below = (rule.rule.startswith(f"{path}/") for rule in app.url_map.iter_rules())
        return not method and any(below)


@pytest.fixture
def schemas(app):
    """The fields of each call's body, as the API describes itself."""
    described = app.test_client().get("/api/openapi.json").get_json()
    known = described["components"]["schemas"]
    found = {}
    for path, calls in described["paths"].items():
        for method, call in calls.items():
            content = call.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            fields = known.get(name, {}).get("properties", {})
            found[method.upper(), _plain(path)] = set(fields)
    return found


@pytest.mark.parametrize(("method", "path", "sent"), list(bodies()))
def test_every_field_that_is_sent_is_one_of_the_call(schemas, method, path, sent):
    assert set(sent) <= schemas[method, _plain(path)]


def _plain(path):
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_setting_that_is_named_is_one_and_every_one_is_explained():
    known = {f"PORTAL_{field.name.upper()}" for field in fields(Settings)}
    named = {name for page in PAGES for name in SETTING.findall(text_of(page))}
    assert named - known <= _of_other_programs()
    explained = {code for code in codes(ROOT / "docs/operate.md") if code in known}
    assert explained == known


def _of_other_programs() -> set[str]:
    """Settings of the server, the tests and the tools."""
    files = ["gunicorn.conf.py", "Makefile", "tests/conftest.py", "tests/databases.py"]
    files += ["seeds/serve.py", "tests/attacks/conftest.py"]
    texts = [text_of(ROOT / name) for name in files if (ROOT / name).exists()]
    return {name for text in texts for name in SETTING.findall(text)}


@pytest.mark.parametrize("label", list(labels()), ids=str)
def test_every_word_on_a_screen_stands_there(label):
    assert label.text in OTHERS or label.text in _screens()


@cache
def _screens() -> str:
    """All that templates and code can show, without its markup."""
    templates = (TEMPLATE.sub(" ", text_of(one)) for one in (ROOT / "templates").rglob("*.html"))
    raw = (text_of(one) for one in (ROOT / "templates").rglob("*.html"))
    code = (text_of(one) for one in (ROOT / "portal").rglob("*.py"))
    return " ".join(" ".join([*templates, *raw, *code]).split())


def test_every_file_that_is_named_is_there():
    named = {
        (page.name, code)
        for page in PAGES
        for code in codes(page)
        if re.fullmatch(r"(?:portal|tests|templates|seeds|benchmarks|static)/[\w/.]+", code)
    }
    assert [each for each in sorted(named) if not (ROOT / each[1]).exists()] == []
