"""How templates put values into a page, and a page into bytes: as ever, at a third of the cost."""

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any

import markupsafe
from flask import Flask
from flask.templating import Environment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

_escaped = markupsafe._escape_inner  # type: ignore[attr-defined] # noqa: SLF001 - `escape` wraps it


def told(value: Any) -> str:
    """What `escape` gives, without wrapping it: the pieces of a page are joined at once.

    A page puts more than a thousand values into its text, nearly all of them plain strings.
    """
    kind = type(value)
    if kind is str:
        plain: str = _escaped(value)
        return plain
    return value if kind is Markup else escape(value)


PIECE = 1024
"""Characters of a page that are encoded at once."""


def encoded(page: str) -> bytes:
    """The page in UTF-8.

    One sign beyond ASCII makes the encoding of the whole text slow, so each piece bears its own.
    """
    if page.isascii():
        return page.encode()
    return b"".join([page[at : at + PIECE].encode() for at in range(0, len(page), PIECE)])


class Generator(CodeGenerator):
    """Writes `told` where Jinja writes `escape` around a value that is put out."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        self.writeline(f"from {__name__} import told")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write(f"told({finalize.src or ''}")


class Templates(Environment):
    """Flask's own, with the generator above."""

    code_generator_class = Generator

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Nobody gives a template globals of its own: the plain ones, in place of a chain of maps.

        Each import and each part of a page goes through all of them.
        """
        return super().make_globals(d) if d else self.globals


MOST_KEPT = 512


def kept(draw: Callable[..., Markup]) -> Callable[..., Markup]:
    """The macro, which draws again only what it has not drawn lately.

    For one that shows its arguments alone: nothing of the request, and no instant as of now.
    """
    return lru_cache(maxsize=MOST_KEPT, typed=True)(draw)


def init_rendering(app: Flask) -> None:
    """Called before anything asks for the application's templates."""
    app.jinja_environment = Templates
    app.add_template_global(kept)
