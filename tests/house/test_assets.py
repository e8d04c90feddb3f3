"""What the browser gets: installed packages, unchanged, and icons that exist."""

import ast
import base64
import hashlib
import json
import re
from pathlib import Path

from jinja2 import Environment, nodes

from portal.config import ROOT

ASSETS = ROOT / "portal" / "assets"
VENDOR = ROOT / "static" / "vendor"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Where a macro takes the name of an icon: its place, and its keyword.
ICON_PLACES = {
    "icon": (0, "name"),
    "link_button": (2, "icon_name"),
    "post_button": (2, "icon"),
    "empty": (9, "picture"),
}
SPRITE_USE = re.compile(r'(?:sprite \}\}|icons\.svg)#([a-z0-9-]+)"')


def icons() -> set[str]:
    lines = (ASSETS / "icons.txt").read_text("utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def icons_of_macros(template: str) -> set[str]:
    found = set()
    for call in Environment(autoescape=True).parse(template).find_all(nodes.Call):
        name = getattr(call.node, "attr", getattr(call.node, "name", ""))
        if name not in ICON_PLACES:
            continue
        place, keyword = ICON_PLACES[name]
        given = [*call.args[place : place + 1], *(k.value for k in call.kwargs if k.key == keyword)]
        found |= {one.value for one in given if isinstance(one, nodes.Const) and one.value}
    return found


def icons_of_navigation(source: str) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    entries = [call for call in calls if getattr(call.func, "id", "") == "NavItem"]
    given = [
        *(call.args[3] for call in entries if len(call.args) > 3),
        *(k.value for call in entries for k in call.keywords if k.arg == "icon"),
    ]
    return {one.value for one in given if isinstance(one, ast.Constant)}


def test_every_icon_that_a_template_draws_is_in_the_sprite():
    texts = [template.read_text("utf-8") for template in TEMPLATES]
    drawn = set().union(*(icons_of_macros(text) | set(SPRITE_USE.findall(text)) for text in texts))
    assert drawn - icons() == set()


def test_every_icon_of_the_navigation_is_in_the_sprite():
    sources = (path.read_text("utf-8") for path in (ROOT / "portal").rglob("*.py"))
    assert set().union(*map(icons_of_navigation, sources)) - icons() == set()


def test_every_icon_of_the_sprite_is_drawn_somewhere():
    sources = [*TEMPLATES, *(ROOT / "portal").rglob("*.py")]
    named = re.findall(r'(?<=["#])[a-z0-9-]+(?=")', "".join(map(Path.read_text, sources)))
    assert icons() - set(named) == set()


def test_the_served_files_are_the_ones_the_manifest_describes():
    files = json.loads((VENDOR / "manifest.json").read_text("utf-8"))["files"]
    for name, entry in files.items():
        content = (VENDOR / name).read_bytes()
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        assert entry["integrity"] == f"sha384-{digest}"
        assert hashlib.sha256(content).hexdigest().startswith(entry["hash"])


def test_no_served_file_asks_for_a_source_map():
    served = [path for path in VENDOR.rglob("*") if path.suffix in {".css", ".js"}]
    assert served
    assert [path.name for path in served if b"sourceMappingURL" in path.read_bytes()] == []


def test_the_lock_of_the_assets_names_no_address():
    lock = (ASSETS / "package-lock.json").read_text("utf-8")
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all(entry.get("integrity") for name, entry in packages.items() if name)


def test_every_asset_is_asked_for_in_one_exact_version():
    wanted = json.loads((ASSETS / "package.json").read_text("utf-8"))["dependencies"]
    assert [name for name, version in wanted.items() if not re.fullmatch(r"[\d.]+", version)] == []


def test_own_styles_stay_small():
    assert len((ROOT / "static" / "portal.css").read_text("utf-8").splitlines()) < 300


def test_no_template_or_script_holds_anything_inline_that_the_policy_forbids():
    forbidden = re.compile(r'\sstyle="|\son[a-z]+="|hx-on|javascript:|\|\s*safe\b|<style')
    # Mails are read outside our policy, by programs that know no style sheet.
    pages = [path for path in TEMPLATES if path.parent.name != "mail"]
    texts = [*pages, *(ROOT / "static" / "js").glob("*.js")]
    found = [path.name for path in texts if forbidden.search(path.read_text("utf-8"))]
    assert found == []
