"""The papers say what the code does."""

import re
from pathlib import Path

from portal.staff.role_table import role_table

ROOT = Path(__file__).parents[2]
PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]


def test_the_table_of_roles_is_the_one_in_force():
    assert (ROOT / "docs" / "roles.md").read_text() == role_table()


def test_every_link_between_papers_leads_somewhere():
    for paper in PAPERS:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", paper.read_text()):
            if "://" not in target:
                assert (paper.parent / target).exists(), f"{paper.name}: {target}"


def test_every_make_target_that_a_paper_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for paper in PAPERS:
        named = set(re.findall(r"`(?:[A-Z_]+=\S+ )?make ([a-z-]+)", paper.read_text()))
        assert named <= targets, paper.name


def test_every_file_that_a_paper_names_exists():
    for paper in PAPERS:
        for target in re.findall(
            r"`((?:portal|templates|static|tests)/[\w/.]+)`", paper.read_text()
        ):
            assert (ROOT / target.rstrip(".")).exists(), f"{paper.name}: {target}"
