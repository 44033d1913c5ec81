"""The gate before BigCode's weights: answers on disk."""

import json
import stat
from datetime import datetime, timezone

import msgspec
import pytest

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import OPENRAIL_M, TERMS, Acceptances, acceptances
from jupyter_sc2.licences.record import MAX_ANSWERS


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sc2"


@pytest.fixture
def answers(folder):
    return Acceptances(folder)


def refusal(action):
    with pytest.raises(Sc2Error) as caught:
        action()
    assert caught.value.message.endswith(".")
    return caught.value


def test_nothing_is_accepted_at_first(answers, folder):
    error = refusal(lambda: answers.require(OPENRAIL_M))
    assert (error.status, error.code) == (403, "licence_needed")
    assert "BigCode OpenRAIL-M v1" in error.message
    assert "jupyter sc2 models accept" in error.hint
    assert answers.of(OPENRAIL_M) is None
    assert not folder.exists(), "asking writes nothing"


def test_weights_without_a_licence_need_no_answer(answers):
    answers.require("")


def test_accepted_is_kept_with_name_time_and_version(answers, folder):
    told = answers.accept(OPENRAIL_M, "1", "Ada")
    assert (told.licence, told.version, told.who, told.for_server) == (OPENRAIL_M, "1", "Ada", False)
    assert abs(datetime.fromisoformat(told.time) - datetime.now(timezone.utc)).total_seconds() < 60
    again = Acceptances(folder)
    again.require(OPENRAIL_M)
    assert again.of(OPENRAIL_M) == told
    shown = again.licence(OPENRAIL_M, "LICENSE")
    assert (shown.acceptance, shown.text, shown.restrictions) == (told, "LICENSE", TERMS[OPENRAIL_M].restrictions)
    assert stat.S_IMODE((folder / "licences.json").stat().st_mode) == 0o600


def test_refused_is_kept_too_and_the_last_answer_counts(answers, folder):
    answers.refuse(OPENRAIL_M, "1", "Ada")
    assert Acceptances(folder).refused(OPENRAIL_M)
    assert "was refused here" in refusal(lambda: answers.require(OPENRAIL_M)).message
    answers.accept(OPENRAIL_M, "1", "Ada")
    answers.require(OPENRAIL_M)
    answers.refuse(OPENRAIL_M, "1", "Ben")
    assert refusal(lambda: answers.require(OPENRAIL_M)).code == "licence_needed"
    kept = json.loads((folder / "licences.json").read_text())["answers"]
    assert [(answer["who"], answer["accepted"]) for answer in kept] == [("Ada", False), ("Ada", True), ("Ben", False)]


def test_a_new_version_asks_again(answers, monkeypatch):
    answers.accept(OPENRAIL_M, "1", "Ada")
    newer = msgspec.structs.replace(TERMS[OPENRAIL_M], version="2")
    monkeypatch.setitem(acceptances.TERMS, OPENRAIL_M, newer)
    assert answers.of(OPENRAIL_M) is None
    error = refusal(lambda: answers.accept(OPENRAIL_M, "1", "Ada"))
    assert (error.status, error.code) == (409, "conflict")
    answers.accept(OPENRAIL_M, "2", "Ada")
    answers.require(OPENRAIL_M)


def test_an_unknown_licence(answers):
    for action in (answers.of, answers.require, answers.licence, lambda name: answers.accept(name, "1", "Ada")):
        assert refusal(lambda action=action: action("mit")).status == 404


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"answers": [{}]}', b"\xff\x00", b"[" * 100_000])
def test_a_damaged_file_accepts_nothing_and_is_kept_aside(answers, folder, content):
    folder.mkdir()
    (folder / "licences.json").write_bytes(content)
    assert answers.of(OPENRAIL_M) is None
    answers.accept(OPENRAIL_M, "1", "Ada")
    answers.require(OPENRAIL_M)
    assert (folder / "licences.corrupt-1").read_bytes() == content


def test_what_cannot_be_kept_is_not_accepted(folder, answers):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    error = refusal(lambda: answers.accept(OPENRAIL_M, "1", "Ada"))
    assert (error.status, error.code) == (507, "unsaved")
    assert answers.of(OPENRAIL_M) is None


def test_a_name_is_one_short_line(answers):
    assert answers.accept(OPENRAIL_M, "1", " Ada\n\x1b[31m\u202eL " + "x" * 500).who.startswith("Ada [31m L xxx")
    assert len(answers.of(OPENRAIL_M).who) == 100
    assert answers.accept(OPENRAIL_M, "1", "\n").who == "unknown"


def test_the_file_does_not_grow_for_ever(folder, answers, monkeypatch):
    many = {"answers": [msgspec.to_builtins(acceptances._answer(OPENRAIL_M, "1", str(n), True)) for n in range(500)]}
    folder.mkdir()
    (folder / "licences.json").write_text(json.dumps(many))
    answers.refuse(OPENRAIL_M, "1", "Ada")
    kept = json.loads((folder / "licences.json").read_text())["answers"]
    assert (len(kept), kept[0]["who"], kept[-1]["who"]) == (MAX_ANSWERS, "1", "Ada")


class TestAnAdministratorAccepts:
    def test_for_everybody_once_and_it_is_kept(self, folder):
        server = Acceptances(folder, "IT department")
        told = server.of(OPENRAIL_M)
        assert (told.who, told.version, told.for_server) == ("IT department", "1", True)
        server.require(OPENRAIL_M)
        assert Acceptances(folder, "IT department").of(OPENRAIL_M) == told, "the time of the first"
        assert len(json.loads((folder / "licences.json").read_text())["answers"]) == 1
        assert server.licence(OPENRAIL_M).restrictions, "users see the terms"

    def test_a_user_who_refuses_is_not_overruled(self, folder):
        server = Acceptances(folder, "IT department")
        server.require(OPENRAIL_M)
        server.refuse(OPENRAIL_M, "1", "Ada")
        assert "was refused" in refusal(lambda: server.require(OPENRAIL_M)).message
        assert server.accept(OPENRAIL_M, "1", "Ada") == server.of(OPENRAIL_M)

    def test_what_the_setting_no_longer_says_does_not_count(self, folder):
        Acceptances(folder, "IT department").require(OPENRAIL_M)
        assert Acceptances(folder).of(OPENRAIL_M) is None
        assert Acceptances(folder, "Somebody else").of(OPENRAIL_M).who == "Somebody else"

    def test_answers_of_a_terminal_count_for_the_named_one(self, folder):
        terminal = Acceptances(folder)
        told = terminal.accept(OPENRAIL_M, "1", "IT department", for_server=True)
        assert terminal.of(OPENRAIL_M) is None
        assert Acceptances(folder, "IT department").of(OPENRAIL_M) == told

    def test_where_nothing_can_be_written(self, folder):
        folder.write_text("a file where the folder should be")
        assert Acceptances(folder, "IT department").of(OPENRAIL_M).for_server
