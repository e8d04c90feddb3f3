"""One person's story: what they did, what was done to them, and nobody else's."""

from portal.audit.actions import Action
from portal.audit.ledger import Target
from portal.core.actor import SYSTEM
from tests.audit.log_cast import ids, put
from tests.statements import counted


def person(admin) -> Target:
    return Target("admin", admin.id, admin.email)


def story(client, admin, query=""):
    return client.soup(f"/audit/people/{admin.id}?{query}")


def test_a_story_is_what_they_did_and_what_was_done_to_them(mo_client, ann, bea):
    did = put(bea, "2026-03-01 09:00")
    met = put(ann, "2026-03-01 10:00", action=Action.STAFF_DISABLED, target=person(bea))
    by_itself = put(SYSTEM, "2026-03-01 11:00", action=Action.TOTP_RESET, target=person(bea))
    herself = put(bea, "2026-03-01 12:00", action=Action.TOTP_ENABLED, target=person(bea))
    put(ann, "2026-03-01 13:00")
    soup = story(mo_client, bea)
    assert ids(soup) == [herself, by_itself, met, did]
    assert soup.select_one("h1").get_text(strip=True) == f"The story of {bea.email}"


def test_a_story_goes_on_by_page_without_gap_or_repeat(mo_client, ann, bea):
    made = []
    for minute in range(59):
        who, more = (bea, {}) if minute % 3 else (ann, {"target": person(bea)})
        made.append(put(who, f"2026-03-01 09:{minute:02}", **more))
    first = story(mo_client, bea)
    second = mo_client.soup(first.select_one('a[rel="next"]')["href"])
    assert ids(first) + ids(second) == made[::-1]
    back = mo_client.soup(second.select_one('a[rel="prev"]')["href"])
    assert ids(back) == ids(first)


def test_whoever_sees_only_their_own_reads_their_own_story_alone(bea_client, ann, bea):
    did = put(bea, "2026-03-01 09:00")
    put(ann, "2026-03-01 10:00", action=Action.STAFF_DISABLED, target=person(bea))
    assert ids(story(bea_client, bea))[-1] == did
    assert len([one for one in ids(story(bea_client, bea)) if one == did]) == 1
    assert "disabled" not in story(bea_client, bea).select_one("main").get_text()
    assert bea_client.get(f"/audit/people/{ann.id}").status_code == 404
    assert bea_client.get("/audit/people/99999").status_code == 404


def test_a_span_narrows_a_story(mo_client, bea):
    put(bea, "2026-03-01 09:00")
    assert ids(story(mo_client, bea, "range=today")) == []
    assert len(ids(story(mo_client, bea, "range=nonsense"))) == 1


def test_a_story_of_nobody_says_so(mo_client):
    assert "Nothing is written down" in mo_client.get("/audit/people/2147483647").text
    assert mo_client.get("/audit/people/2147483648").status_code == 404


def test_a_story_costs_few_statements(mo_client, bea):
    put(bea, "2026-03-01 09:00")
    story(mo_client, bea)
    with counted() as statements:
        story(mo_client, bea)
    assert len(statements) <= 4, "\n".join(statements)
