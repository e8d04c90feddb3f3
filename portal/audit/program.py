"""The offline verifier as one file, made of its parts, so that an auditor has one thing to read."""

import ast
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "offline"
PARTS = ("ed25519", "notes", "trees", "orders", "reading", "lines")
OWN = ("__future__", "portal.audit.offline")


@cache
def program() -> bytes:
    """`verify.py` of a bundle: the same text for every bundle of this version."""
    main = _source("verify")
    parts = "\n\n".join(_without_head(_source(part)) for part in PARTS)
    lines = main.splitlines()
    own = [node for node in ast.parse(main).body if _is_own_import(node, "portal.audit.offline")]
    for node in reversed(own):
        lines[node.lineno - 1 : node.end_lineno] = []
    at = own[0].lineno - 1
    return "\n".join([*lines[:at], *parts.splitlines(), *lines[at:], ""]).encode()


def _source(part: str) -> str:
    return (FOLDER / f"{part}.py").read_text(encoding="utf-8")


def _without_head(text: str) -> str:
    """The part with its docstring as a comment and without imports of its neighbours."""
    tree = ast.parse(text)
    lines = text.splitlines()
    for node in reversed(tree.body):
        if _is_own_import(node, *OWN):
            lines[node.lineno - 1 : node.end_lineno] = []
    head = tree.body[0].end_lineno or 1
    title = [f"# {line}".rstrip() for line in (ast.get_docstring(tree) or "").splitlines()]
    return "\n".join([*title, *lines[head:]]).strip() + "\n"


def _is_own_import(node: ast.stmt, *packages: str) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(packages)
