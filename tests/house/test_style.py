"""The house style that a program can see (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
EDGES = {"pages", "api", "cli", "forms", "schemas"}
FLASK_ROOMS = {"web"}
FLASK_FILES = {
    "portal/__init__.py",
    "portal/config.py",
    "portal/core/database.py",
    "portal/customers/bearer.py",
    "portal/customers/gatekeeper.py",
    "portal/jobs/presence.py",  # the worker gives each job an application context of its own
    "portal/jobs/ticks.py",
    "portal/jobs/worker.py",
    "portal/mail/templates.py",
    "portal/operations/metrics.py",  # counts requests as they are answered
    "portal/staff/cookies.py",
    "portal/staff/current.py",
    "portal/staff/gatekeeper.py",
    "portal/staff/sudo_prompt.py",
}


def is_mail(template: Path) -> bool:
    return template.relative_to(TEMPLATES).parts[0] == "mail"


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def length(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize(("folder", "most"), [("portal", 300), ("seeds", 300), ("tests", 400)])
def test_a_file_is_short_enough_to_be_read_at_once(folder, most):
    assert {name(path): length(path) for path in sources(folder) if length(path) > most} == {}


def test_a_test_fits_into_twenty_lines():
    functions = [
        (path, node)
        for path in sources("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    long = [f"{name(p)}:{f.name}" for p, f in functions if f.end_lineno - f.lineno >= 20]
    assert long == []


def test_a_template_fits_on_a_screen():
    limits = {path: 40 if path.name.startswith("_") else 80 for path in TEMPLATES.rglob("*.html")}
    pages = {path: most for path, most in limits.items() if "ui" not in path.parts}
    assert {name(path): length(path) for path, most in pages.items() if length(path) > most} == {}


def test_a_partial_says_what_it_needs():
    partials = [path for path in TEMPLATES.rglob("_*.html") if not is_mail(path)]
    silent = [name(p) for p in partials if not p.read_text().lstrip().startswith("{# needs:")]
    assert silent == []


def test_what_a_search_takes_along_is_always_there():
    # htmx logs an error for a choice that nobody made yet: name what holds the choices.
    chosen = re.compile(r"hx-include=\"[^\"]*:checked")
    found = [name(path) for path in TEMPLATES.rglob("*.html") if chosen.search(path.read_text())]
    assert found == []


@pytest.mark.parametrize("forbidden", [r"\|\s*safe\b", r"\bstyle=", r"\bon[a-z]+=\"", r"hx-on"])
def test_no_template_escapes_the_content_policy(forbidden):
    pages = [path for path in TEMPLATES.rglob("*.html") if not is_mail(path)]
    found = [name(path) for path in pages if re.search(forbidden, path.read_text())]
    assert found == []


def test_no_template_asks_the_database():
    query = re.compile(r"\bdb\.|\.(?:execute|scalars?)\(|\.query\.")
    assert [name(p) for p in TEMPLATES.rglob("*.html") if query.search(p.read_text())] == []


def test_every_template_is_used_and_every_named_one_exists():
    texts = [path.read_text() for path in [*sources("portal"), *TEMPLATES.rglob("*.html")]]
    named = {found for text in texts for found in re.findall(r'"([a-z_]+/[a-z_]+\.html)"', text)}
    present = {
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html") if not is_mail(path)
    }
    named = {found for found in named if not found.startswith("mail/")}
    assert named - present == set(), "named but missing"
    assert present - named == set(), "present but never used"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def is_edge(path: Path) -> bool:
    parts = set(path.relative_to(ROOT / "portal").with_suffix("").parts)
    return bool(parts & (EDGES | FLASK_ROOMS)) or path.stem.endswith("_forms")


def test_a_deed_knows_no_flask():
    guilty = [
        name(path)
        for path in sources("portal")
        if not is_edge(path) and name(path) not in FLASK_FILES
        if any(module.split(".")[0] in {"flask", "flask_login"} for module in imports(tree(path)))
    ]
    assert guilty == []


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_nothing_is_imported_inside_a_function():
    guilty = []
    for path in sources("portal", "seeds"):
        nodes = ast.walk(tree(path))
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        guilty += [f"{name(path)}:{f.name}" for f in functions if any(imports(f))]
    assert guilty == []


def commits(path: Path) -> bool:
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return any(ast.unparse(call.func).endswith("session.commit") for call in calls)


def test_only_the_edges_commit():
    """The worker and the mail delivery own their transactions; everything else is a deed."""
    owners = {
        "portal/audit/anchors.py",  # what was left outside is known at once
        "portal/audit/handing_out.py",  # an export is in the log before it is read
        "portal/core/database.py",
        "portal/jobs/presence.py",
        "portal/jobs/ticks.py",
        "portal/jobs/worker.py",
        "portal/audit/sequencing.py",
        "portal/audit/streaming/delivering.py",
        "portal/mail/delivery.py",
        "portal/staff/gatekeeper.py",
        "portal/staff/sudo_prompt.py",  # a used code and a replaced token stay so
        "portal/two_factor/rotation.py",
    }
    guilty = [name(p) for p in sources("portal") if commits(p) and not is_edge(p)]
    assert set(guilty) - owners == set()


def test_no_room_has_a_bag_of_things():
    bags = {"service", "services", "utils", "util", "helpers", "helper", "common", "misc"}
    assert [name(path) for path in sources("portal", "seeds") if path.stem in bags] == []


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    files = [*sources("portal", "seeds"), *TEMPLATES.rglob("*.html")]
    assert [name(path) for path in files if words.search(path.read_text())] == []
