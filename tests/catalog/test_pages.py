"""Every page of the catalogue opens, for whoever may see it."""

import pytest

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
