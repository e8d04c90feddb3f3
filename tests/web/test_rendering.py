"""What a template puts out is escaped, whatever way it takes into the page."""

import pytest
from jinja2 import StrictUndefined, UndefinedError
from markupsafe import Markup, escape

from portal.web.rendering import PIECE, encoded, told

HOSTILE = """<script>alert('"&')</script>"""


class Drawn:
    """Knows how it is drawn, as a field of a form does."""

    def __html__(self):
        return "<b>drawn</b>"


class Named(str):
    """A kind of string, as every member of a `StrEnum` is."""

    __slots__ = ()


@pytest.mark.parametrize(
    "value", [HOSTILE, Named(HOSTILE), Markup("<b>"), Drawn(), None, 7, 1.5, True, ["<a>"], ""]
)
def test_a_value_is_told_as_it_would_be_escaped(value):
    assert told(value) == escape(value)


@pytest.mark.parametrize(
    "source",
    [
        "{{ value }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(value) }}",
        "{% set x %}{{ value }}{% endset %}{{ x }}",
        "{% for x in [value] %}{{ x }}{% endfor %}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ value }}{% endcall %}",
        "{{ value ~ '' }}",
        "{{ [value]|join('') }}",
        "{% filter trim %}{{ value }}{% endfilter %}",
        "{% with x = value %}{{ x if true }}{% endwith %}",
    ],
)
def test_every_way_into_a_page_escapes_once(app, source):
    template = app.jinja_env.from_string(source)
    assert template.render(value=HOSTILE) == str(escape(HOSTILE))
    assert template.render(value=Markup("<b>")) == "<b>"


def test_a_text_is_not_escaped(app):
    code = app.jinja_env.compile("{{ value }}", filename="x.txt", name="x.txt")
    template = app.jinja_env.template_class.from_code(app.jinja_env, code, {})
    assert template.render(value=HOSTILE) == HOSTILE


def test_what_is_not_defined_is_still_an_error(app):
    with pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ nothing }}").render()
    with pytest.raises(UndefinedError):
        told(StrictUndefined(name="nothing"))


@pytest.mark.parametrize("sign", ["", "ë", "…", "🙂"])
@pytest.mark.parametrize("place", [0, PIECE - 1, PIECE, 3 * PIECE])
def test_a_page_is_encoded_as_a_whole(sign, place):
    page = "x" * place + sign + "y" * PIECE
    assert encoded(page) == page.encode()


KEPT = """{% macro draw(x, y="") %}{{ x }}{{ y }}{% endmacro %}{% set m = kept(draw) %}"""


def test_what_a_macro_drew_is_kept_and_escaped_like_new(app):
    template = app.jinja_env.from_string(f"{KEPT}{{{{ m(value) }}}}{{{{ m(value, y=value) }}}}")
    plain, drawn = str(escape(HOSTILE)), HOSTILE
    for _ in range(2):
        assert template.render(value=HOSTILE) == plain * 3
        assert template.render(value=Markup(HOSTILE)) == drawn * 3


def test_a_text_and_the_same_as_html_are_kept_apart(app):
    macro = app.jinja_env.from_string(KEPT).module.m
    assert (macro("<b>"), macro(Markup("<b>")), macro("<b>")) == ("&lt;b&gt;", "<b>", "&lt;b&gt;")
    assert (macro(1), macro(True)) == ("1", "True")
    assert macro.cache_info().hits == 1


def test_an_imported_template_is_made_once(app):
    first, second = (app.jinja_env.get_template("ui/ui.html") for _ in range(2))
    assert first.globals is app.jinja_env.globals
    assert first.module is second.module
