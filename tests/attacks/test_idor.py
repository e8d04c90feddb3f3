"""What belongs to somebody else is answered as what is not there at all, and stays as it was."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.audit.views import save_view as save_audit_view
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.tokens import issue_staff_token, issue_user_token
from portal.staff.models import Admin, AdminSession, Notice
from portal.staff.notices import notify
from portal.support.attachments import Upload, attachments_of
from portal.support.messages import add_note
from portal.support.views import save_view
from portal.two_factor.models import Passkey
from tests.attacks.ground import Ground
from tests.attacks.wire import Attacker
from tests.cast import actor, make_tenant, make_user, sudo_until
from tests.support.desk import answer, make_agent, make_ticket
from tests.two_factor.passkey_steps import give_passkey

pytestmark = pytest.mark.attack
NOWHERE = {"int": "2147483000", "text": "00000000-0000-4000-8000-000000000000"}


@pytest.fixture
def thief(ground) -> Attacker:
    person = ground.person(name="Cy Outsider")
    return ground.attacker(person, sudo_until=sudo_until(), sudo_method="totp")


@dataclass
class Owned:
    """What Bea has, by its kind."""

    person: Admin
    ids: dict[str, str]


@pytest.fixture
def beas(ground) -> Owned:
    person = ground.person()
    ground.attacker(person)
    with ground.inside():
        bea = db.session.get_one(Admin, person.id)
        by = actor(bea)
        notify(admin_id=bea.id, kind="test", text="For Bea alone", url="/")
        give_passkey(bea)
        token = issue_staff_token(by=by, name="Hers", permissions=["audit.own"])
        rows = {
            "view": save_view(by=by, name="Hers", query="is:open"),
            "audit view": save_audit_view(by=by, name="Hers", query="action=staff.invited"),
        }
        db.session.flush()
        ids = {kind: str(row.id) for kind, row in rows.items()}
        ids["passkey"], ids["token"] = str(own(Passkey, bea.id)), token.row.public_id
        ids["notice"] = str(own(Notice, bea.id))
        ids["session"] = str(own(AdminSession, bea.id))
        event = sa.select(AuditEvent.id).where(AuditEvent.actor_id == bea.id).limit(1)
        ids["event"] = str(db.session.scalar(event))
    return Owned(person, ids)


def own(model, admin_id: int):
    return db.session.scalar(sa.select(model.id).where(model.admin_id == admin_id).limit(1))


DOORS = [
    ("POST", "/account/sessions/{session}/revoke"),
    ("POST", "/account/notices/{notice}/read"),
    ("GET", "/account/passkeys/{passkey}/rename"),
    ("POST", "/account/passkeys/{passkey}/rename"),
    ("POST", "/account/passkeys/{passkey}/remove"),
    ("DELETE", "/api/admin/passkeys/{passkey}"),
    ("PATCH", "/api/admin/passkeys/{passkey}"),
    ("POST", "/tokens/{token}/revoke"),
    ("GET", "/support/views/{view}"),
    ("POST", "/support/views/{view}"),
    ("POST", "/support/views/{view}/move"),
    ("POST", "/support/views/{view}/remove"),
    ("GET", "/audit/views/{audit view}"),
    ("POST", "/audit/views/{audit view}"),
    ("POST", "/audit/views/{audit view}/remove"),
    ("GET", "/audit/events/{event}"),
    ("GET", "/audit/events/{event}/proof"),
    ("GET", "/api/audit/admin-actions/{event}"),
]


@pytest.mark.parametrize(("method", "place"), DOORS)
def test_what_is_another_persons_is_not_there(ground, thief, beas, method, place):
    theirs = ask(thief, method, place.format(**beas.ids))
    none = {kind: NOWHERE["int" if id_.isdigit() else "text"] for kind, id_ in beas.ids.items()}
    nothing = ask(thief, method, place.format(**none))
    assert theirs.status == 404, theirs.text[:500]
    assert theirs.said == nothing.said
    with ground.app.app_context():
        session = db.session.get_one(AdminSession, beas.ids["session"])
        assert session.revoked_at is None
        assert db.session.get_one(Passkey, int(beas.ids["passkey"])).label == "Laptop"


def ask(thief: Attacker, method: str, place: str):
    fields = {"name": "Mine now", "label": "Mine now", "query": "is:open", "direction": "down"}
    if place.startswith("/api/") and method != "GET":
        return thief.say(method, place, {"label": "Mine now"})
    return thief.submit(place, fields) if method == "POST" else thief.ask(method, place)


@dataclass
class Customers:
    """Two customers of two tenants: the token of one, and what the other has."""

    token: str
    other: int
    ticket: str
    file: int


@pytest.fixture
def customers(ground) -> Customers:
    number = next(ground.numbers)
    person = ground.person(Role.ADMIN)
    with ground.inside():
        ann = db.session.get_one(Admin, person.id)
        make_agent(ann)
        users = [make_user(make_tenant(f"{name}{number}")) for name in ("Acme", "Birch")]
        ticket = make_ticket(users[1], subject="The private trouble of Birch")
        told = answer(ticket, ann, uploads=[Upload("plan.txt", b"The private plan")]).message
        add_note(by=actor(ann), ticket=ticket, author=ann, body="Not for any customer")
        token = issue_user_token(by=actor(ann), user=users[0], expires_in=timedelta(hours=1))
        db.session.flush()
        file = attachments_of([told])[told.id][0].id
        return Customers(token.text, users[1].id, ticket.number, file)


def test_a_customer_finds_no_ticket_of_another(ground, customers):
    program, place = ground.stranger(), f"/api/support/tickets/{customers.ticket}"
    bearer = {"Authorization": f"Bearer {customers.token}"}
    doors = [
        ("GET", place, None),
        ("GET", f"{place}/messages", None),
        ("GET", f"{place}/attachments/{customers.file}", None),
        ("POST", f"{place}/messages", {"body": "It is mine"}),
        ("PATCH", place, {"priority": "urgent"}),
    ]
    for method, url, document in doors:
        theirs = program.say(method, url, document, **bearer)
        nothing = program.say(
            method, url.replace(customers.ticket, "AAAA-9999"), document, **bearer
        )
        assert theirs.status in {403, 404}, url
        assert theirs.said == nothing.said, url
    listed = program.get("/api/support/tickets", **bearer)
    assert (listed.status, listed.json["items"]) == (200, [])


def test_a_customer_opens_nothing_in_the_name_of_another(ground, customers):
    program = ground.stranger()
    bearer = {"Authorization": f"Bearer {customers.token}"}
    words = {"subject": "x", "body": "y", "user_id": customers.other}
    assert program.say("POST", "/api/support/tickets", words, **bearer).status in {403, 422}
    for door in ("check-access", "consume", "features", "grant"):
        url = f"/api/entitlements/users/{customers.other}/{door}"
        method = "GET" if door == "features" else "POST"
        assert program.say(method, url, {"feature_name": "x"}, **bearer).status == 403, door


def test_a_table_of_events_holds_ones_own_alone(ground, thief, beas: Owned):
    table = thief.get("/audit/events.csv")
    assert table.status == 200
    assert beas.person.email not in table.text
    assert thief.get(f"/audit/people/{beas.person.id}").status in {403, 404}
    listed = thief.get(f"/api/audit/admin-actions?actor={beas.person.email}")
    assert beas.ids["event"] not in listed.text


def test_no_number_is_found_by_counting(ground: Ground, thief):
    """Neighbours of what is one's own: the same answer, and no error, for each."""
    for place in ("/support/views/{}", "/audit/views/{}", "/account/passkeys/{}/rename"):
        answers = {thief.get(place.format(number)).said for number in range(900, 920)}
        assert len(answers) == 1, place
