"""The operator's page names every setting, in the words of the code."""

import ast

from portal.config import ROOT

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
