"""Whom somebody means who writes numbers, addresses, or ids of the product."""

from contextlib import suppress

import pytest

from portal.customers.named import UnclearName, tenants_named, users_named
from portal.web.urls import LARGEST_ID
from tests.cast import make_tenant, make_user
from tests.statements import counted, plans_of


@pytest.fixture
def una(acme):
    return make_user(acme, "Una", external_id="una", email="Una.Long@Acme.test")


def refusal(words, named=users_named, **more):
    with pytest.raises(UnclearName) as caught:
        named(words, field="who", **more)
    assert caught.value.field == "who"
    return caught.value.message


def test_a_user_is_named_in_any_of_their_ways(una):
    words = [str(una.id), f"#{una.id}", "una", "acme/una", "una.LONG@acme.test", f"00{una.id}"]
    assert [users_named([word], field="who") for word in words] == [[una.id]] * len(words)
    assert users_named(words, field="who") == [una.id]


def test_the_order_of_the_words_is_kept(una, acme):
    udo = make_user(acme, "Udo")
    assert users_named(["udo", "una"], field="who") == [udo.id, una.id]


def test_a_tenant_is_named_by_number_or_by_the_products_id(acme):
    for word in (str(acme.id), f"#{acme.id}", "acme"):
        assert tenants_named([word], field="who") == [acme.id]
    assert refusal(["Acme"], tenants_named) == "Nobody is “Acme”."


def test_an_id_that_two_tenants_give_is_told_apart_by_the_tenant(una, birch):
    other = make_user(birch, "Una", external_id="una")
    choices = f"#{una.id} or #{other.id}"
    assert refusal(["una"]) == f"“una” may be {choices}. Write one of them."
    assert users_named(["birch/una"], field="who") == [other.id]
    assert users_named(["una"], field="who", tenant_id=birch.id) == [other.id]


def test_a_number_of_ours_is_never_taken_for_an_id_of_the_products(una, acme):
    other = make_user(acme, "Other", external_id=str(una.id))
    assert f"#{una.id} or #{other.id}" in refusal([str(una.id)])
    assert users_named([f"#{una.id}"], field="who") == [una.id]
    assert users_named([f"acme/{una.id}"], field="who") == [other.id]


def test_of_bare_numbers_not_some_are_ours_and_some_the_products(una, acme):
    other = make_user(acme, "Other", external_id="4711000")
    words = [str(una.id), "4711000"]
    assert refusal(words) == (
        f"“{una.id}” is our number, “4711000” the product's. Write # before numbers of ours."
    )
    assert users_named([f"#{una.id}", "4711000"], field="who") == [una.id, other.id]


def test_an_address_may_hold_a_slash(acme):
    user = make_user(acme, "Una", email="una/sales@acme.test")
    assert users_named(["una/sales@acme.test"], field="who") == [user.id]


def test_an_id_of_the_products_that_is_a_number_of_nobody_is_enough(acme):
    user = make_user(acme, "Una", external_id="4711000")
    assert users_named(["4711000"], field="who") == [user.id]
    assert refusal(["#4711000"]) == "Nobody is “#4711000”."


def test_an_address_of_several_people_is_refused_with_their_numbers(acme):
    same = [make_user(acme, name, email="office@acme.test") for name in ("A", "B", "C", "D")]
    first = ", ".join(f"#{user.id}" for user in same[:3])
    assert f"may be {first} or one of 1 more" in refusal(["office@acme.test"])


def test_an_address_may_be_the_products_id_of_the_same_person(acme):
    user = make_user(acme, "Una", external_id="una@acme.test", email="una@acme.test")
    assert users_named(["una@acme.test"], field="who") == [user.id]


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (["x"], "“x”"),
        (["x", "y"], "“x” or “y”"),
        (["x", "y", "z"], "“x”, “y” or “z”"),
        (["v", "w", "x", "y", "z"], "“v”, “w”, “x” or one of 2 more"),
        (["x" * 41], f"“{'x' * 40}…”"),
    ],
)
def test_all_who_are_strange_are_told_at_once(una, words, listed):
    assert refusal([*words, "una"]) == f"Nobody is {listed}."


@pytest.mark.parametrize(
    "word",
    [
        "0", "#0", "#", "/", "//", "acme/", "/una", "acme/una/", "una/acme", "@", "%", "un_",
        "-1", "1.0", "\u0661", "UNA", str(LARGEST_ID + 1), "9" * 5000, "\U0001f4e6",
        "u\u2022\u2022\u2022@acme.test",
    ],
)  # fmt: skip
def test_odd_words_name_nobody(una, word):
    assert refusal([word]).startswith("Nobody is “")


def test_somebody_elses_user_is_nobody_here(una, birch):
    for word in (str(una.id), f"#{una.id}", "una", "acme/una", una.email):
        assert "Nobody is" in refusal([word], tenant_id=birch.id)


def test_composed_and_decomposed_letters_are_the_same_id(acme):
    user = make_user(acme, "Zoe", external_id="zo\u00eb")
    assert users_named(["zoe\u0308", "acme/zoe\u0308"], field="who") == [user.id]


def test_a_thousand_words_are_few_statements(una):
    tenant = make_tenant("Many")
    made = [make_user(tenant, f"U{number} X").id for number in range(1000)]
    with counted() as statements:
        assert users_named([f"u{number}" for number in range(1000)], field="who") == made
    assert len(statements) == 5


def test_every_way_is_found_by_an_index(una):
    for named, word in (
        (users_named, "7"),
        (users_named, "acme/una"),
        (users_named, "una@acme.test"),
        (tenants_named, "acme"),
    ):
        for plan in plans_of(lambda named=named, word=word: _tried(named, word), of_few=True):
            assert "SCAN users" not in plan
            assert "SCAN tenants" not in plan
            assert "Seq Scan" not in plan


def _tried(named, word):
    with suppress(UnclearName):
        named([word], field="who")
