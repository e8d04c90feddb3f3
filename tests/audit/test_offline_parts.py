"""The offline verifier alone: signatures as RFC 8032 has them, proofs as RFC 9162, one file."""

import ast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit import merkle
from portal.audit.offline.ed25519 import ORDER, is_signed
from portal.audit.offline.notes import Fault, Note, read_keys, read_note
from portal.audit.offline.trees import climb, is_beginning, leaf_of, root_around
from portal.audit.program import program
from tests.audit.sealed import FORGER, SIGNER

# RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
LEAVES = [leaf_of(bytes([n])) for n in range(70)]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_published_signatures_are_right(secret, public, message, signature):
    given = [bytes.fromhex(text) for text in (public, message, signature)]
    assert is_signed(*given)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.sign(given[1]) == given[2]


@pytest.mark.parametrize("at", range(0, 64, 3))
def test_no_other_signature_is_right(at):
    public, message, signature = (bytes.fromhex(text) for text in VECTORS[2][1:])
    forged = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
    assert not is_signed(public, message, forged)


def test_nor_of_another_text_or_key_or_length():
    public, message, signature = (bytes.fromhex(text) for text in VECTORS[2][1:])
    assert not is_signed(public, message + b"x", signature)
    assert not is_signed(bytes.fromhex(VECTORS[1][1]), message, signature)
    assert not is_signed(public, message, signature[:-1])
    assert not is_signed(public, message, b"")
    assert not is_signed(b"\xff" * 32, message, signature)


def test_a_signature_with_a_longer_scalar_is_the_same_one_twice_and_refused():
    public, message, signature = (bytes.fromhex(text) for text in VECTORS[2][1:])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not is_signed(public, message, signature[:32] + scalar.to_bytes(32, "little"))


def test_many_keys_sign_as_the_library_says():
    for number in range(20):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public, text = key.public_key().public_bytes_raw(), b"x" * number
        assert is_signed(public, text, key.sign(text))
        assert not is_signed(public, text + b"y", key.sign(text))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33, 64, 70])
def test_every_inclusion_proof_leads_to_the_root(size):
    leaves, root = LEAVES[:size], merkle.root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(index, leaves)
        assert climb(index, size - 1, leaves[index], proof)[1] == root
        assert climb(index, size - 1, leaves[index], [*proof, root])[1] != root
        assert not proof or climb(index, size - 1, leaves[index], proof[1:])[1] != root


@pytest.mark.parametrize("size", [0, 1, 2, 7])
def test_a_tree_of_nothing_is_a_beginning_with_its_one_root_alone(size):
    assert is_beginning(note(0), note(size), [])
    assert not is_beginning(note(0)._replace(root=bytes(32)), note(size), [])
    assert not is_beginning(note(0), note(size), [bytes(32)])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 33, 64, 70])
def test_every_older_tree_is_a_beginning_and_no_other_one(size):
    new = note(size)
    for old_size in range(1, size + 1):
        old, proof = note(old_size), merkle.consistency_proof(old_size, LEAVES[:size])
        assert is_beginning(old, new, proof)
        assert not is_beginning(old._replace(root=bytes(32)), new, proof)
        assert not is_beginning(old, new._replace(root=bytes(32)), proof)
        assert not is_beginning(old, new, [*proof, bytes(32)])


def note(size):
    return Note("", "log", size, merkle.root(LEAVES[:size]), [])


@pytest.mark.parametrize("size", [1, 5, 8, 23])
def test_every_range_gives_the_root(size):
    leaves = LEAVES[:size]
    for first in range(size):
        for end in range(first + 1, size + 1):
            spans = merkle.outside_spans(first, end, size)
            beside = iter([merkle.root(leaves[a:b]) for a, b in spans])
            found = root_around((0, size), (first, end), iter(leaves[first:end]), beside)
            assert (found, [*beside]) == (merkle.root(leaves), [])


def test_keys_are_read_from_a_line_or_a_file(tmp_path):
    assert [key.public for key in read_keys(str(SIGNER.verifier))] == [SIGNER.verifier.public]
    file = tmp_path / "keys"
    file.write_text(f"\n{SIGNER.verifier}\n  {FORGER.verifier}\n")
    assert [key.id for key in read_keys(str(file))] == [SIGNER.verifier.id, FORGER.verifier.id]


@pytest.mark.parametrize(
    "text", ["a+b+c", "a+00000000+AQOh", str(SIGNER.verifier).replace("d38", "d39")]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        read_keys(text)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"log\n-1\nAAAA\n\n", b"log\nx\n\n", b"log\n3\nAA==\n\n"]
)
def test_what_is_no_checkpoint_is_refused(data):
    with pytest.raises(Fault, match="no signed checkpoint"):
        read_note(data, "checkpoint.txt")


def test_the_one_file_is_python_3_9_and_imports_the_standard_library_alone():
    tree = ast.parse(program(), feature_version=(3, 9))
    imported = {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= {
        *("__future__", "argparse", "base64", "collections.abc", "hashlib", "json"),
        *("pathlib", "sys", "typing", "zipfile", "zlib"),
    }
    assert b"portal.audit" not in program()
