"""The operator's page names every setting, in the words of the code."""

import ast
import re
import shlex
import subprocess

from portal.config import ROOT, load_settings

PAGE = ROOT / "docs" / "operate.md"


def settings_table() -> str:
    """The table of `docs/operate.md`, drawn from the docstrings in `portal/config.py`."""
    module = ast.parse((ROOT / "portal" / "config.py").read_text("utf-8"))
    found = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == "Settings")
    rows = ["| setting | meaning |", "|---|---|"]
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            meaning = " ".join(text.value.value.split())
            rows.append(f"| `PORTAL_{field.target.id.upper()}` | {meaning} |")
    return "\n".join(rows)


def test_every_setting_is_explained_to_the_operator():
    assert settings_table() in PAGE.read_text("utf-8"), settings_table()


def test_the_recipe_makes_a_data_key_whose_name_is_not_that_of_an_older_one(tmp_path):
    (recipe,) = re.findall("^python3 -c .*base64.*$", PAGE.read_text("utf-8"), re.MULTILINE)
    made = subprocess.run(shlex.split(recipe), check=True, capture_output=True, text=True)
    keys = f"{made.stdout.strip()},k1:{made.stdout.strip().partition(':')[2]}"
    found = load_settings({"PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_DATA_KEYS": keys})
    assert re.fullmatch(r"k20\d{10}", found.data_keys[0][0])
