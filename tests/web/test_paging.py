"""Lists in pages: each row once, whichever way one turns."""

import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlakeyset import select_page

from portal.core.database import db
from portal.staff.models import Admin
from portal.web.paging import BadCursor, page_of
from tests.cast import make_admin

people = Admin.__table__.c
BY_NAME = sa.select(people.id, people.name).order_by(people.name.desc(), people.id)


@pytest.fixture
def seven(app: Flask) -> None:
    for number in range(7):
        make_admin(f"Twin {number // 2}", email=f"twin{number}@example.com")


def names_from(cursor: str | None) -> tuple[list[int], str | None]:
    found = page_of(BY_NAME, lambda row: int(row.id), cursor=cursor, limit=3)
    return found.items, found.next_cursor


def test_every_row_stands_on_one_page(seven):
    seen, cursor = names_from(None)
    while cursor:
        more, cursor = names_from(cursor)
        seen += more
    assert seen == list(db.session.scalars(BY_NAME))
    assert len(seen) == 7


def test_the_first_page_marks_the_next_as_the_library_does(seven):
    found = select_page(db.session.connection(), BY_NAME, 3)
    assert names_from(None)[1] == found.paging.bookmark_next


def test_a_list_that_just_fits_has_no_next_page(seven):
    found = page_of(BY_NAME, lambda row: row.id, limit=7)
    assert (len(found.items), found.next_cursor, found.previous_cursor) == (7, None, None)


def test_an_empty_list_is_one_empty_page(app):
    found = page_of(BY_NAME.where(people.id < 0), lambda row: row.id)
    assert (found.items, found.next_cursor) == ([], None)


def test_one_can_turn_back_to_the_first_page(seven):
    first, cursor = names_from(None)
    second = page_of(BY_NAME, lambda row: row.id, cursor=cursor, limit=3)
    assert names_from(second.previous_cursor)[0] == first


def test_a_cursor_of_nobody_is_refused(seven):
    with pytest.raises(BadCursor):
        names_from("i:1~nonsense")


@pytest.mark.parametrize("direction", [">", "<"])
def test_a_cursor_beyond_every_number_is_refused(ann_client, direction):
    cursor = f"{direction}s:Twin~i:{10**30}"
    assert ann_client.get("/staff", query_string={"cursor": cursor}).status_code == 400


def test_a_visitor_s_query_is_carried_on_and_means_nothing(ann_client, monkeypatch):
    monkeypatch.setattr(page_of, "__kwdefaults__", {"cursor": None, "limit": 1})
    make_admin("Zed Last")
    query = "endpoint=x&_anchor=a&_external=1&_scheme=ftp&person_id=7&state=active"
    answer = ann_client.get(f"/staff?{query}")
    assert answer.status_code == 200
    (link,) = re.findall(r'href="(/staff\?[^"]*cursor=[^"]*)"', answer.text)
    assert "_external=1" in link
    assert ann_client.get(unescape(link)).status_code == 200
