"""Importing a file: what it would do, doing it, and being stopped in between."""

import io

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.errors import Conflict
from portal.customers import imports
from portal.customers.import_file import COLUMNS, read_file
from portal.customers.import_preview import judge
from portal.customers.imports import go_on, keep_preview, start_import, take_in_batch
from portal.customers.models import (
    CustomerImport,
    CustomerImportRow,
    ImportStatus,
    Tenant,
    TenantStatus,
    User,
)
from portal.jobs.models import Job
from portal.subscriptions.stays import stays_of
from tests.cast import actor, make_tenant, make_user
from tests.customers.test_import_file import HEADER, LINE


def data(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def line(tenant="acme", name="Acme", user="uma", who="Uma User", email="uma@acme.test", plan=""):
    return ",".join([tenant, name, user, who, email, plan])


def verdicts(*lines: str) -> list[tuple[str, str | None]]:
    return [(one.effect.value, one.detail) for one in judge(read_file(data(*lines)).lines)]


def kept(ann, *lines: str) -> CustomerImport:
    file = read_file(data(*lines))
    return keep_preview(by=actor(ann), filename="people.csv", file=file, verdicts=judge(file.lines))


def started(ann, *lines: str) -> CustomerImport:
    return start_import(by=actor(ann), import_id=kept(ann, *lines).id)


def run(found: CustomerImport) -> None:
    go_on({"import_id": found.id, "after": 0})


def results(found: CustomerImport) -> list[str]:
    query = sa.select(CustomerImportRow.effect).filter_by(import_id=found.id)
    return list(db.session.scalars(query.order_by(CustomerImportRow.line)))


# what it would do


def test_everything_is_new_where_there_is_nothing(app):
    assert verdicts(line(), line(user="bo", who="Bo", email="bo@acme.test")) == [
        ("create", "new tenant; new user"),
        ("create", "new user"),
    ]


def test_a_line_without_a_user_speaks_of_the_tenant(app):
    assert verdicts("acme,Acme,,,,") == [("create", "new tenant")]


def test_what_is_so_already_stays_the_same(acme):
    make_user(acme)
    assert verdicts(line(), line()) == [("same", None), ("same", None)]


def test_a_difference_is_shown_old_and_new_and_an_old_address_masked(acme):
    make_user(acme)
    effect, detail = verdicts(line(name="Acme Ltd", who="Uma Upton", email="u@acme.test"))[0]
    assert effect == "update"
    assert "tenant_name: “Acme” → “Acme Ltd”" in detail
    assert "user_name: “Uma User” → “Uma Upton”" in detail
    assert "user_email: “u•••@acme.test” → “u@acme.test”" in detail


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"tenant": ""}, "tenant_external_id"),
        ({"tenant": "a/b"}, "tenant_external_id"),
        ({"name": ""}, "tenant_name"),
        ({"name": "x" * 201}, "tenant_name"),
        ({"user": ""}, "user_external_id"),
        ({"who": ""}, "user_name"),
        ({"who": "a\u202eb"}, "user_name"),
        ({"email": "nobody"}, "user_email"),
        ({"email": ""}, "user_email"),
        ({"email": "a@" + "a." * 400}, "user_email"),
        ({"plan": "no-such-plan"}, "plan"),
        ({"plan": "x" * 900}, "plan"),
        ({"who": "=cmd()"}, "formula"),
    ],
)
def test_a_wrong_line_is_refused_by_its_column_and_the_next_is_not(app, wrong, says):
    (effect, detail), other = verdicts(line(**wrong), line(user="bo", email="bo@acme.test"))
    assert effect == "refused"
    assert says in detail
    assert other[0] == "create"


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ({"name": "Acme Ltd"}, "line 2 calls this tenant “Acme”"),
        ({"who": "Someone Else"}, "line 2 says otherwise of this user"),
        ({"email": "other@acme.test"}, "line 2 says otherwise of this user"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(app, second, says):
    first, (effect, detail) = verdicts(line(), line(**second))
    assert (first[0], effect) == ("create", "refused")
    assert says in detail


def test_a_closed_tenant_takes_no_new_users(app):
    make_user(make_tenant("Acme", status=TenantStatus.CLOSED))
    assert [effect for effect, _ in verdicts(line(), line(user="bo"))] == ["same", "refused"]


def test_a_plan_is_shown_beside_the_present_one(acme, ann, catalog):
    assert verdicts("acme,Acme,,,,basic") == [("update", "plan: “none” → “basic”")]
    run(started(ann, "acme,Acme,,,,basic"))
    assert [stay.is_in_force(clock.now()) for stay in stays_of(acme.id)] == [True]
    assert verdicts("acme,Acme,,,,basic", "acme,Acme,,,,") == [("same", None), ("same", None)]
    (effect, detail), other = verdicts("acme,Acme,,,,professional", "acme,Acme,,,,basic")
    assert (effect, detail) == ("update", "plan: “basic” → “professional”")
    assert "line 2 puts this tenant on “professional”" in other[1]


def test_an_unknown_plan_is_refused_before_anything_is_written(ann, catalog):
    found = started(ann, line(plan="gold"), line(user="bo", who="Bo", plan="basic"))
    run(found)
    assert results(found) == ["refused", "create"]


def test_looking_writes_nothing(acme, ann):
    verdicts(line(name="Other"), line(tenant="new"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Tenant)) == 1
    assert acme.name == "Acme"


# doing it


def test_an_import_does_what_the_preview_said(ann, acme):
    make_user(acme)
    found = started(ann, line(who="Uma Upton"), line(user="bo", who="Bo"), line(email="no"))
    run(found)
    assert results(found) == ["update", "create", "refused"]
    assert (found.status, found.done, found.failed) == (ImportStatus.DONE, 3, 1)
    names = db.session.scalars(sa.select(User.name).order_by(User.id)).all()
    assert names == ["Uma Upton", "Bo"]


def test_every_change_is_in_the_ledger_by_whoever_started_it(ann):
    found = started(ann, line())
    run(found)
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    actions = [event.action for event in events]
    assert actions == [
        "customers.import_previewed",
        "customers.imported",
        "tenant.created",
        "user.created",
        "customers.import_finished",
    ]
    assert {event.actor_id for event in events} == {ann.id}
    assert b"uma@acme.test" not in b"".join(event.canonical for event in events)


def test_it_goes_on_batch_by_batch(ann, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    found = started(ann, *[line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(5)])
    assert take_in_batch(found.id, after=0) == 3
    assert (found.done, found.status) == (2, ImportStatus.RUNNING)
    assert take_in_batch(found.id, after=3) == 5
    assert take_in_batch(found.id, after=5) is None
    assert (found.done, found.status) == (5, ImportStatus.DONE)


def test_a_batch_that_was_killed_is_taken_in_once(ann, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    found = started(ann, *[line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(4)])
    found_id = found.id
    with db.session.begin_nested() as killed:
        take_in_batch(found_id, after=0)
        killed.rollback()
    run(found)
    payload = db.session.scalars(sa.select(Job.payload).order_by(Job.id.desc())).first()
    go_on(payload)
    go_on(payload)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 4
    assert found.done == 4


def test_a_tenant_that_closed_meanwhile_refuses_its_lines(ann, acme):
    found = started(ann, line())
    acme.status = TenantStatus.CLOSED
    db.session.flush()
    run(found)
    assert results(found) == ["refused"]


def test_whoever_was_disabled_meanwhile_imports_nothing(ann):
    found = started(ann, line())
    ann.disabled_at = clock.now()
    run(found)
    assert results(found) == ["refused"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Tenant)) == 0


def test_a_file_is_started_once(ann):
    found = started(ann, line())
    with pytest.raises(Conflict):
        start_import(by=actor(ann), import_id=found.id)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


def test_ten_thousand_lines_are_judged_at_once(ann):
    many = [line(user=f"u{n}", email=f"u{n}@acme.test") for n in range(10_000)]
    found = kept(ann, *many)
    assert (found.total, found.failed) == (10_000, 0)


# pages


def upload(client, content: bytes, filename: str = "people.csv"):
    """As a browser sends it, without the temporary file that the test client would leave open."""
    file = FileStorage(io.BytesIO(content), filename=filename)
    boundary, body = encode_multipart({"csrf_token": client.form_token(), "file": file})
    headers = {"Sec-Fetch-Site": "same-origin"}
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post("/customers/imports", data=body, content_type=kind, headers=headers)


def test_a_file_is_shown_then_imported(ann_proven):
    answer = upload(ann_proven, data(line(), line(email="no")))
    assert answer.status_code == 303
    page = ann_proven.soup(answer.location)
    shown = [row.get_text(" ", strip=True) for row in page.select("#line-rows tr")]
    assert "new tenant; new user" in shown[0]
    assert "Refused" in shown[1]
    assert ann_proven.submit(answer.location + "/start").status_code == 303
    assert ann_proven.soup(answer.location).select_one("#import")["hx-trigger"] == "every 2s"
    run(db.session.scalars(sa.select(CustomerImport)).one())
    done = ann_proven.soup(answer.location)
    assert "hx-trigger" not in done.select_one("#import").attrs
    assert "1 of 2 lines were taken in" in done.text


def test_lines_are_filtered_by_what_they_do(ann_proven):
    place = upload(ann_proven, data(line(), line(email="no"))).location
    assert len(ann_proven.soup(f"{place}?effect=refused").select("#line-rows tr")) == 1
    assert len(ann_proven.soup(f"{place}?effect=same").select("#line-rows tr")) == 0
    assert len(ann_proven.soup(f"{place}?effect=rubbish").select("#line-rows tr")) == 2


@pytest.mark.parametrize("content", [b"", b"\0", b"a|b\n1|2", HEADER.encode(), b"x" * 1_000_001])
def test_a_wrong_file_is_refused_on_the_form(ann_client, content):
    answer = upload(ann_client, content)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CustomerImport)) == 0


def test_a_far_too_large_file_is_not_read(ann_client):
    answer = upload(ann_client, b"x" * 3_000_000)
    assert answer.status_code == 413
    assert "1 MB" in answer.text


def test_no_file_at_all_is_refused(ann_client):
    assert ann_client.submit("/customers/imports").status_code == 422


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b<i>.csv', "x" * 400, "\u202egnp.csv", ""])
def test_a_strange_file_name_is_only_shown(ann_client, name):
    answer = upload(ann_client, data(line()), name or "x")
    assert answer.status_code == 303
    shown = db.session.scalars(sa.select(CustomerImport.filename)).one()
    assert len(shown) <= 200
    assert not set(shown) & {"/", "\r", "\n", "\u202e"}
    assert ann_client.get(answer.location).status_code == 200


def test_script_in_a_cell_is_only_text(ann_client):
    place = upload(ann_client, data(line(name="<script>alert(1)</script>"))).location
    assert "<script>alert" not in ann_client.get(place).text


def test_starting_asks_for_a_proof(ann_client):
    place = upload(ann_client, data(line())).location
    assert ann_client.submit(place + "/start").status_code == 403
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_preview_is_thrown_away_with_its_people(ann_proven):
    place = upload(ann_proven, data(line())).location
    assert ann_proven.submit(place + "/discard").status_code == 303
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CustomerImportRow)) == 0
    assert ann_proven.get(place).status_code == 404


def test_a_started_file_is_neither_started_again_nor_thrown_away(ann_proven):
    place = upload(ann_proven, data(line())).location
    ann_proven.submit(place + "/start")
    assert ann_proven.submit(place + "/start").status_code == 409
    assert ann_proven.submit(place + "/discard").status_code == 409


def test_an_agent_imports_nothing(bea_client, ann):
    found = kept(ann, line())
    assert bea_client.get("/customers/imports").status_code == 403
    assert upload(bea_client, data(line())).status_code == 403
    assert bea_client.get(f"/customers/imports/{found.id}").status_code == 403
    assert bea_client.submit(f"/customers/imports/{found.id}/start").status_code == 403


def test_the_list_of_imports_says_how_far_each_is(ann_client, ann):
    started(ann, line())
    shown = ann_client.soup("/customers/imports").select("#import-rows tr")
    assert "0 of 1" in shown[0].get_text(" ", strip=True)


def test_of_one_line_is_said_so_and_of_more_as_well(ann_client, ann):
    for lines, words in (
        ([line()], "0 of 1 line is"),
        ([line(), line(user="u2")], "0 of 2 lines are"),
    ):
        found = started(ann, *lines)
        assert f"{words} done." in ann_client.get(f"/customers/imports/{found.id}").text


def test_the_page_says_what_the_first_line_must_be(ann_client):
    shown = ann_client.soup("/customers/imports").select_one("#import-columns")
    assert shown["data-value"] == ",".join(COLUMNS)
    assert LINE.count(",") == len(COLUMNS) - 1
