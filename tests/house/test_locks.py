"""What is installed is locked: one version, by its hash, and from no named address."""

import re
import tomllib

import pytest

from portal.config import ROOT

PIN = re.compile(
    r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^\s;\\]+)", re.IGNORECASE | re.MULTILINE
)
LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(text: str) -> set[tuple[str, str]]:
    return {(name.lower().replace("_", "-"), version) for name, version in PIN.findall(text)}


def wanted(group: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = {"": project["project"]["dependencies"], **project["dependency-groups"]}
    return groups[group]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_address(lock):
    assert "://" not in lock.read_text("utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash(lock):
    packages = re.split(r"\n(?=\S)", lock.read_text("utf-8").strip())
    assert [package for package in packages if "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("group", ["", "dev", "node", "scanners", "wapiti", "bootstrap"])
def test_what_the_project_asks_for_is_pinned_and_locked(group):
    lock = ROOT / (f"requirements-{group}.lock" if group else "requirements.lock")
    asked = wanted(group)
    found = pins("\n".join(asked))
    assert len(found) == len(asked)
    assert found <= pins(lock.read_text("utf-8"))


def test_the_development_lock_holds_the_same_packages_as_the_other():
    locked = pins((ROOT / "requirements.lock").read_text("utf-8"))
    assert locked <= pins((ROOT / "requirements-dev.lock").read_text("utf-8"))


def test_the_asset_lock_names_no_address_but_integrity():
    text = (ROOT / "portal" / "assets" / "package-lock.json").read_text("utf-8")
    assert "resolved" not in text
    assert "integrity" in text
