"""Files as spreadsheets and strangers make them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.customers.import_file import COLUMNS, LARGEST, BadFile, read_file

HEADER = ",".join(COLUMNS)
LINE = "acme,Acme,uma,Uma User,uma@acme.test,basic"


def read(*lines: str, header: str = HEADER, encoding: str = "utf-8", **more):
    return read_file("\r\n".join([header, *lines]).encode(encoding), **more)


def values(*lines: str, **more) -> list[str]:
    return list(read(*lines, **more).lines[0].values.values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-with-mark"])
def test_every_encoding_that_says_what_it_is_is_read(encoding):
    line = "acme,Ácme ✓,uma,Úma,uma@acme.test,basic"
    if encoding == "utf-16-le-with-mark":
        data = b"\xff\xfe" + f"{HEADER}\r\n{line}".encode("utf-16-le")
    else:
        data = f"{HEADER}\r\n{line}".encode(encoding)
    found = read_file(data)
    assert found.lines[0].values["tenant_name"] == "Ácme ✓"
    assert found.notes == ()


def test_another_encoding_is_read_and_said():
    found = read("acme,Müller & Söhne,uma,Uma,uma@acme.test,", encoding="latin-1")
    assert found.lines[0].values["tenant_name"] == "Müller & Söhne"
    assert "Windows-1252" in found.notes[0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_by_the_columns(delimiter):
    header, line = HEADER.replace(",", delimiter), LINE.replace(",", delimiter)
    assert values(line, header=header) == LINE.split(",")


def test_columns_may_stand_in_any_order_and_case():
    found = read(
        "uma@acme.test, Uma ,uma,Acme,acme",
        header=" User_Email ,USER_NAME,user_external_id,tenant_name,tenant_external_id",
    )
    assert found.lines[0].values["user_name"] == "Uma"
    assert found.lines[0].values["plan"] == ""


def test_a_strange_column_is_left_out_and_said():
    found = read(LINE + ",x", header=HEADER + ",colour")
    assert "colour" in found.notes[0]
    assert "colour" not in found.lines[0].values


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \r\n", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text"),
        (b"PK\x03\x04\x14\0\x06\0", "no text"),
        (b"\xff\xfea", "Missing"),
        (b"\x81\x8d\x8f", "no text"),
        (HEADER.encode(), "no line below"),
        (HEADER.encode() + b"\n\n , ,\n", "no line below"),
        (b"tenant_external_id|tenant_name\nx|y", "Missing: tenant_external_id"),
        (b"tenant_external_id,tenant_name\nx,y", "Missing: user_external_id"),
        (f"{HEADER},plan\n{LINE},x".encode(), "named twice: plan"),
        (f'{HEADER}\nacme,"Acme'.encode(), "Line 2 cannot be read"),
        (f"{HEADER}\nacme,{'x' * 140_000}".encode(), "Line 2 cannot be read"),
        (b"x" * (LARGEST + 1), "larger than 1 MB"),
    ],
)
def test_what_is_no_file_of_customers_is_refused(data, says):
    with pytest.raises(BadFile) as refusal:
        read_file(data)
    assert says in refusal.value.message
    assert refusal.value.field == "file"


def test_too_many_lines_are_refused():
    assert len(read(*[LINE] * 10, most_lines=10).lines) == 10
    with pytest.raises(BadFile, match="more than 10 lines"):
        read(*[LINE] * 11, most_lines=10)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(0)", "＝1", " =1", "\u200b=1"]
)
def test_a_formula_is_refused_on_its_line_alone(cell):
    found = read(f"acme,{cell},uma,Uma,uma@acme.test,", LINE)
    assert "formula" in found.lines[0].fault
    assert found.lines[1].fault is None


def test_a_text_that_looks_like_a_formula_may_be_marked_as_text():
    found = read("acme,'+1 Studio,uma,'Uma,uma@acme.test,")
    assert found.lines[0].fault is None
    assert found.lines[0].values["tenant_name"] == "+1 Studio"
    assert found.lines[0].values["user_name"] == "'Uma"


def test_a_line_with_too_many_values_is_refused_alone():
    found = read(LINE + ",more", LINE)
    assert "7 values for 6 columns" in found.lines[0].fault
    assert found.lines[1].fault is None


def test_a_huge_cell_is_refused_alone_and_not_kept():
    found = read(f"acme,{'x' * 2000},uma,Uma,uma@acme.test,")
    assert "2,000 characters" in found.lines[0].fault
    assert len(found.lines[0].values["tenant_name"]) == 1000


def test_lines_have_the_numbers_that_an_editor_shows():
    found = read('acme,"Acme\r\nInc",uma,Uma,uma@acme.test,', "", LINE)
    assert [line.number for line in found.lines] == [2, 5]


def lines_of(data: bytes):
    """What is read, or nothing where the file is refused: never another error."""
    with suppress(BadFile):
        return read_file(data).lines
    return ()


@given(st.binary(max_size=400))
def test_no_bytes_break_it(data):
    assert all(line.number > 1 for line in lines_of(HEADER.encode() + b"\n" + data))


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=8)
)
def test_no_cells_break_it(cells):
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    found = lines_of(f"{HEADER}\n{line}".encode())
    assert all(set(one.values) == set(COLUMNS) for one in found)
