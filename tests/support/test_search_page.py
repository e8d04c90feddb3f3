"""The page that finds tickets."""

from portal.core.database import db
from portal.core.roles import Role
from tests.cast import make_admin, make_user, signed_in
from tests.statements import counted
from tests.support.desk import make_ticket

MOST = 4


def test_results_show_the_words_in_their_place(bea_client, acme):
    make_ticket(make_user(acme), body="The <i>gasket</i> leaks.")
    page = bea_client.soup("/support/search?q=gasket")
    assert page.select_one("#search-results mark").text == "gasket"
    assert page.select_one("#search-results i") is None


def test_a_filter_that_cannot_be_read_says_why_and_keeps_the_text(bea_client):
    answer = bea_client.get("/support/search?q=statsu:open+gasket")
    assert answer.status_code == 422
    assert "status:" in answer.text
    assert 'value="statsu:open gasket"' in answer.text


def test_htmx_gets_the_results_alone(bea_client):
    answer = bea_client.get("/support/search?q=x", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div id="search-results"')
    assert "HX-Request" in answer.headers["Vary"]


def test_finding_costs_the_same_however_much_is_found(bea_client, acme):
    uma = make_user(acme)
    costs = []
    for _ in range(2):
        for _ in range(5):
            make_ticket(uma)
        db.session.flush()
        with counted() as statements:
            assert bea_client.get("/support/search?q=press").status_code == 200
        costs.append(len(statements))
    assert costs == [MOST, MOST]


def test_whoever_sees_no_tickets_finds_none(app):
    client = signed_in(app, make_admin("Max Marketing", Role.MARKETING, is_second_factor_on=True))
    assert client.get("/support/search?q=press").status_code == 403


def test_odd_questions_are_answered(bea_client):
    for q in ("%00", "%F0%9F%92%A5", "x" * 5000, '"', "-", "page:1", "%22%22"):
        for page in ("", "&page=-1", "&page=99999999999999999999", "&page=x"):
            assert bea_client.get(f"/support/search?q={q}{page}").status_code in {200, 422}
