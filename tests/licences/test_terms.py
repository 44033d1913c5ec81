"""What users are told of a licence."""

import re
import string

import pytest

from jupyter_sc2.licences import OPENRAIL_M, TERMS, text_of
from jupyter_sc2.licences.text import MAX_BYTES

TOLD = TERMS[OPENRAIL_M]


def test_every_point_of_the_licences_own_list_is_told():
    assert [restriction.letter for restriction in TOLD.restrictions] == list(string.ascii_lowercase[:14])
    assert len({restriction.text for restriction in TOLD.restrictions}) == 14
    assert TOLD.url == "https://huggingface.co/spaces/bigcode/bigcode-model-license-agreement"
    assert (TOLD.id, TOLD.version, TOLD.acceptance, TOLD.text) == ("bigcode-openrail-m", "1", None, "")


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        ("a", "law"), ("b", "minors"), ("c", "malware"), ("d", "false"), ("e", "identify"), ("f", "machine wrote"),
        ("g", "harass"), ("h", "human"), ("i", "legal rights"), ("j", "discriminate"), ("k", "vulnerable"),
        ("l", "discriminate"), ("m", "medical"), ("n", "asylum"),
    ],
)  # fmt: skip
def test_each_letter_says_what_it_is_about(letter, words):
    (told,) = [restriction.text for restriction in TOLD.restrictions if restriction.letter == letter]
    assert words in told
    assert told.endswith("." if letter == "n" else ";")


def test_the_duties_are_whole_sentences():
    duties = " ".join(TOLD.duties)
    for words in ("copy of the licence", "model card", "attribution", "written by a machine", "adapters", "network"):
        assert words in duties
    assert all(re.match(r"[A-Z].*\.$", duty) for duty in TOLD.duties)


def test_a_licence_file_in_full(tmp_path):
    assert text_of(tmp_path) == text_of(tmp_path / "absent") == ""
    (tmp_path / "LICENSE.md").write_bytes("﻿Die Lizenz: §1\n".encode())
    assert text_of(tmp_path) == "Die Lizenz: §1\n"
    (tmp_path / "LICENSE").write_bytes(b"caf\xe9")
    assert text_of(tmp_path) == "caf\ufffd", "the plain name first"


@pytest.mark.parametrize("name", ["LICENSE-MODEL", "Licence_OpenRAIL.txt", "COPYING", "license.md"])
def test_names_of_licence_files(tmp_path, name):
    (tmp_path / name).write_text("terms")
    (tmp_path / "LICENSED.py").write_text("code")
    assert text_of(tmp_path) == "terms"


def test_a_link_to_a_licence_is_followed_and_nothing_but_a_file_is_read(tmp_path):
    """The Hub's cache holds links into another folder."""
    (tmp_path / "blob").write_text("terms")
    folder = tmp_path / "snapshot"
    (folder / "LICENCE").mkdir(parents=True)
    (folder / "License").symlink_to(tmp_path / "blob")
    assert text_of(folder) == "terms"


def test_a_huge_licence_file_is_cut_and_says_so(tmp_path):
    (tmp_path / "LICENSE").write_text("x" * (MAX_BYTES + 1))
    text = text_of(tmp_path)
    assert text.startswith("x" * MAX_BYTES + "\n")
    assert text.endswith("(Only the first 256 KiB of LICENSE are shown.)")
