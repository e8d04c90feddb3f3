"""Checkpoints as signed notes: byte for byte as published, and nothing else accepted."""

import json
from pathlib import Path

import pytest

from portal.audit.notes import Checkpoint, MalformedNote, Note, SignerKey, VerifierKey

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/merkle.json").read_text())
GOLDEN = VECTOR["checkpoint"]
ROOT = bytes.fromhex(VECTOR["roots_hex"][7])
KEY = SignerKey(GOLDEN["origin"], bytes.fromhex(GOLDEN["seed_hex"]))
OTHER = SignerKey(GOLDEN["origin"], bytes(32))
VKEY = "audit.example.test/portal-1+d38c7771+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
CHECKPOINT = Checkpoint(GOLDEN["origin"], 8, ROOT)


def test_the_published_checkpoint_comes_out_byte_for_byte():
    assert CHECKPOINT.signed_by([KEY]) == GOLDEN["note"]
    assert KEY.verifier.public.hex() == GOLDEN["public_hex"]
    assert str(KEY.verifier) == VKEY


def test_a_note_is_read_back_with_its_signer():
    note = Note.parse(GOLDEN["note"])
    assert note.checkpoint == CHECKPOINT
    assert note.signers([VerifierKey.parse(VKEY)]) == [KEY.verifier]


def test_two_keys_sign_during_a_change_of_keys():
    note = Note.parse(CHECKPOINT.signed_by([KEY, OTHER]))
    assert note.signers([OTHER.verifier]) == [OTHER.verifier]
    assert note.signers([KEY.verifier, OTHER.verifier]) == [KEY.verifier, OTHER.verifier]


def test_a_signature_of_an_unknown_key_counts_for_nothing():
    assert Note.parse(CHECKPOINT.signed_by([OTHER])).signers([KEY.verifier]) == []
    assert Note.parse(CHECKPOINT.signed_by([])).signers([KEY.verifier]) == []


def test_many_signatures_of_witnesses_are_read():
    keys = [SignerKey(f"witness.example/{n}", bytes([n]) * 32) for n in range(40)]
    assert Note.parse(CHECKPOINT.signed_by([*keys, KEY])).signers([KEY.verifier])


@pytest.mark.parametrize(
    "change", [("\n8\n", "\n9\n"), ("portal-1\n", "portal-2\n"), ("Xcna", "Xcnb")]
)
def test_a_changed_text_is_not_what_was_signed(change):
    with pytest.raises(MalformedNote, match="is wrong"):
        Note.parse(GOLDEN["note"].replace(*change, 1)).signers([KEY.verifier])


def test_lines_below_the_root_are_signed_too():
    text = CHECKPOINT.text + "more\n"
    note = Note.parse(text + "\n" + str(KEY.sign(text)))
    assert (note.checkpoint, note.signers([KEY.verifier])) == (CHECKPOINT, [KEY.verifier])


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "no empty line\n",
        "origin\n8\n\n",
        "\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n",
        GOLDEN["note"].replace("\n8\n", "\n08\n"),
        GOLDEN["note"].replace("\n8\n", "\n-8\n"),
        GOLDEN["note"].replace("\n8\n", "\n٨\n"),
        GOLDEN["note"].replace("Qyg=", "Qyg"),
        GOLDEN["note"].replace("XcnaeacG", ""),
        GOLDEN["note"].replace("\N{EM DASH}", "-"),
        GOLDEN["note"].rstrip("\n"),
        GOLDEN["note"] + "\N{EM DASH} name !!!\n",
        CHECKPOINT.signed_by([KEY] * 101),
    ],
)
def test_what_is_no_note_is_refused_with_a_reason(broken):
    with pytest.raises(MalformedNote, match=r"\w"):
        Note.parse(broken)


@pytest.mark.parametrize(
    "broken",
    ["", "name", VKEY.replace("d38c7771", "d38c7772"), VKEY[:-4], VKEY.replace("AQ", "AA")],
)
def test_what_is_no_key_is_refused_with_a_reason(broken):
    with pytest.raises(MalformedNote, match=r"\w"):
        VerifierKey.parse(broken)


def test_a_private_key_does_not_show_itself():
    assert "seed" not in repr(KEY)
    assert KEY.seed.hex() not in repr(KEY)
