"""Every page of the catalogue opens, for whoever may see it."""

import pytest

from portal.catalog.features import FeatureTerms, create_feature
from portal.catalog.revisions import one_revision
from portal.core.actor import SYSTEM

PAGES = [
    "/catalog/features",
    "/catalog/features?category=quotes&level=1&state=available&q=adv",
    "/catalog/features/basic_quotes",
    "/catalog/plans",
    "/catalog/plans/free",
    "/catalog/matrix",
]
FORMS = [
    "/catalog/new-feature",
    "/catalog/features/basic_quotes/edit",
    "/catalog/new-plan",
    "/catalog/plans/free/edit",
    "/catalog/matrix/free/basic_quotes",
]
DANGER = [
    "/catalog/features/basic_quotes/kill",
    "/catalog/features/basic_quotes/revive",
    "/catalog/features/basic_quotes/archive",
    "/catalog/plans/basic/archive",
    "/catalog/plans/basic/make-fallback",
]


@pytest.mark.parametrize("path", PAGES)
def test_everybody_reads_the_catalogue(bea_client, catalog, path):
    assert bea_client.get(path).status_code == 200


@pytest.mark.parametrize("path", FORMS + DANGER)
def test_only_an_admin_changes_it(bea_client, mo_client, catalog, path):
    for client in (bea_client, mo_client):
        assert client.get(path).status_code == 403
        assert client.submit(path, reason="because").status_code == 403


@pytest.mark.parametrize("path", FORMS)
def test_an_admin_opens_each_form(ann_client, catalog, path):
    assert ann_client.get(path).status_code == 200


@pytest.mark.parametrize("path", [page for page in PAGES if "/free" not in page][:1] + PAGES[3:6:2])
def test_an_empty_catalogue_says_what_to_do(ann_client, path):
    assert ann_client.soup(path).select_one(".empty-title")


@pytest.mark.parametrize("path", ["features/nothing", "plans/nothing", "matrix/free/nothing"])
def test_what_does_not_exist_is_not_found(ann_client, catalog, path):
    assert ann_client.get(f"/catalog/{path}").status_code == 404


def test_pages_of_features_are_left_and_found_again(bea_client, app):
    with one_revision(by=SYSTEM):
        for number in range(120):
            terms = FeatureTerms(f"Feature {number:03}")
            create_feature(by=SYSTEM, name=f"f-{number:03}", terms=terms)
    first = bea_client.soup("/catalog/features?q=feature")
    second = bea_client.soup(first.select_one("a[rel=next]")["href"])
    third = bea_client.soup(second.select_one("a[rel=next]")["href"])
    assert [len(page.select("#feature-rows tr")) for page in (first, second, third)] == [50, 50, 20]
    assert third.select_one("a[rel=next]") is None
    back = bea_client.soup(third.select_one("a[rel=prev]")["href"])
    assert back.select_one("#feature-rows").text == second.select_one("#feature-rows").text
    start = bea_client.soup(back.select_one("a[rel=prev]")["href"])
    assert start.select_one("#feature-rows").text == first.select_one("#feature-rows").text
    assert start.select_one("a[rel=prev]") is None


@pytest.mark.parametrize("cursor", ["x", "~", "~nothing", "basic_quotes", "?free"])
def test_a_cursor_of_nobody_is_refused(bea_client, catalog, cursor):
    assert bea_client.get("/catalog/features", query_string={"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("path", ["/catalog/features", "/catalog/matrix", "/catalog/plans"])
def test_the_whole_catalogue_takes_two_questions(bea_client, catalog, statements, path):
    bea_client.get(path)
    statements.clear()
    bea_client.get(path)
    asked = [one for one in statements if one.startswith("SELECT")]
    assert len(asked) == 2, asked  # who calls, and the newest version
