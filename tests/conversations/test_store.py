"""Conversations on disk: whole, found again, and never lost."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import uuid

import pytest

from jupyter_sc2 import disk
from jupyter_sc2.conversations import ConversationStore, NotThere, Stale, folder_of
from jupyter_sc2.conversations import store as store_module
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Message

SPEAKER = """
import asyncio, sys, uuid
from pathlib import Path
from jupyter_sc2.conversations import ConversationStore
from jupyter_sc2.messages import Message

async def main():
    store = ConversationStore(Path(sys.argv[1]))
    for _ in range(30):
        _, unsaved = await store.append(sys.argv[2], Message(str(uuid.uuid4()), "user", "x", "now"))
        assert unsaved == ""

asyncio.run(main())
"""


def message(text="hello", role="user"):
    return Message(str(uuid.uuid4()), role, text, "2026-01-01T00:00:00+00:00")


@pytest.fixture
def store(tmp_path):
    return ConversationStore(tmp_path / "sc2" / "conversations")


async def spoken(store, path="a.ipynb", text="hello"):
    opened, _ = await store.open(path)
    kept, unsaved = await store.append(opened.id, message(text), 0)
    assert unsaved == ""
    return kept


async def test_nothing_is_written_before_somebody_speaks(store):
    opened, notice = await store.open("a.ipynb")
    assert (opened.path, opened.revision, opened.messages, notice) == ("a.ipynb", 0, [], "")
    assert not store.folder.exists()
    assert (await store.open("a.ipynb"))[0].id == opened.id
    assert (await store.open("b.ipynb"))[0].id != opened.id
    assert await store.get(opened.id) == opened


async def test_another_server_finds_what_was_said(store):
    kept = await spoken(store)
    other = ConversationStore(store.folder)
    assert (await other.open("a.ipynb"))[0] == kept
    grown, _ = await other.append(kept.id, message("again"), 1)
    assert await store.get(kept.id) == grown
    assert [said.text for said in grown.messages] == ["hello", "again"]


async def test_only_the_owner_may_read(store):
    kept = await spoken(store)
    file = store.folder / f"{kept.id}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


async def test_a_stale_page_is_told(store):
    kept = await spoken(store)
    with pytest.raises(Stale) as caught:
        await store.append(kept.id, message(), 0)
    assert (caught.value.status, caught.value.code) == (409, "conflict")
    assert (await store.get(kept.id)).revision == 1


async def test_a_rename_is_followed_and_a_copy_starts_anew(store):
    kept = await spoken(store, "work/a.ipynb")
    await store.moved("work/a.ipynb", "work/b.ipynb")
    assert (await store.open("work/b.ipynb"))[0].id == kept.id
    assert (await store.open("work/a.ipynb"))[0].messages == []
    await store.moved("work", "done")
    assert (await store.open("done/b.ipynb"))[0].messages == kept.messages
    await store.moved("don", "elsewhere")  # a sibling whose name merely begins alike
    assert (await store.open("done/b.ipynb"))[0].id == kept.id


async def test_a_fresh_conversation_follows_too(store):
    opened, _ = await store.open("a.ipynb")
    await store.moved("a.ipynb", "b.ipynb")
    assert (await store.open("b.ipynb"))[0].id == opened.id


async def test_a_new_notebook_does_not_inherit_a_deleted_ones(store):
    kept = await spoken(store)
    await store.deleted("a.ipynb")
    assert (await store.open("a.ipynb"))[0].messages == []
    assert (await store.get(kept.id)).messages == kept.messages


async def test_delete(store):
    kept = await spoken(store)
    await store.delete(kept.id)
    with pytest.raises(NotThere):
        await store.get(kept.id)
    assert list(store.folder.glob("*.json")) == []
    with pytest.raises(NotThere):
        await store.delete(kept.id)


@pytest.mark.parametrize("content", [b"", b"\x00\xff garbage", b"[]", b'{"id": 1}', b'{"schema_version": 2}'])
async def test_an_unreadable_file_is_set_aside_and_told(store, content):
    kept = await spoken(store)
    file = store.folder / f"{kept.id}.json"
    if content == b'{"schema_version": 2}':  # a later version's
        content = json.dumps({**json.loads(file.read_bytes()), "schema_version": 2}).encode()
    file.write_bytes(content)
    opened, notice = await ConversationStore(store.folder).open("a.ipynb")
    assert opened.messages == []
    assert "set aside" in notice
    assert file.with_suffix(".corrupt-1").read_bytes() == content
    assert (await spoken(store, "c.ipynb")).revision == 1


async def test_a_full_disk_loses_nothing(store, monkeypatch):
    kept = await spoken(store)
    before = (store.folder / f"{kept.id}.json").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        grown, unsaved = await store.append(kept.id, message("second"), 1)
    assert unsaved == "the disk is full"
    assert (store.folder / f"{kept.id}.json").read_bytes() == before
    assert list(store.folder.glob("*.tmp")) == []
    assert await store.get(kept.id) == grown
    saved, unsaved = await store.append(kept.id, message("third"), 2)
    assert unsaved == ""
    assert [said.text for said in (await ConversationStore(store.folder).get(kept.id)).messages] == [
        "hello",
        "second",
        "third",
    ]
    assert saved.revision == 3


async def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    store = ConversationStore(tmp_path / "file" / "conversations")
    opened, _ = await store.open("a.ipynb")
    grown, unsaved = await store.append(opened.id, message(), 0)
    assert unsaved
    assert str(tmp_path) not in unsaved
    assert await store.get(opened.id) == grown


async def test_a_conversation_has_a_bound(store, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_BYTES", 1000)
    kept = await spoken(store)
    with pytest.raises(Sc2Error) as caught:
        await store.append(kept.id, message("x" * 1000), 1)
    assert (caught.value.status, caught.value.code) == (422, "too_large")
    assert await store.get(kept.id) == kept


async def test_opened_conversations_are_bounded(store, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_FRESH", 3)
    first, *_ = [(await store.open(f"{index}.ipynb"))[0] for index in range(4)]
    with pytest.raises(NotThere):
        await store.get(first.id)


async def test_what_a_killed_server_left_is_cleared_up(store):
    kept = await spoken(store)
    (store.folder / f"{uuid.uuid4()}.tmp").write_text("half")
    again = ConversationStore(store.folder)
    assert (await again.open("a.ipynb"))[0] == kept
    assert list(store.folder.glob("*.tmp")) == []


def test_reasons_name_no_path():
    assert disk.reason(PermissionError(13, "Permission denied", "/secret")) == "the folder may not be written"
    assert disk.reason(OSError(5, "Input/output error")) == "input/output error"


async def test_two_roots_share_nothing(tmp_path):
    first, second = (ConversationStore(folder_of(tmp_path, str(tmp_path / name))) for name in ("a", "b"))
    await spoken(first, "Untitled.ipynb")
    assert (await second.open("Untitled.ipynb"))[0].messages == []


async def test_a_deleted_notebooks_conversation_is_not_that_of_no_notebook(store):
    general = await spoken(store, "", "general")
    await spoken(store, "a.ipynb", "of a notebook")
    await store.deleted("a.ipynb")
    assert (await store.open(""))[0] == general


async def test_what_is_not_saved_follows_too(store, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for path in ("a.ipynb", "b.ipynb"):
        opened, _ = await store.open(path)
        await store.append(opened.id, message(), 0)
    await store.moved("a.ipynb", "c.ipynb")
    await store.deleted("b.ipynb")
    assert len((await store.open("c.ipynb"))[0].messages) == 1
    assert (await store.open("a.ipynb"))[0].messages == (await store.open("b.ipynb"))[0].messages == []


async def test_a_damaged_file_that_cannot_be_moved_harms_no_other(store, monkeypatch):
    kept = await spoken(store, "good.ipynb")
    (store.folder / f"{uuid.uuid4()}.json").write_text("garbage")

    def refuse(path, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    assert (await ConversationStore(store.folder).open("good.ipynb"))[0] == kept


def test_two_servers_lose_nothing(tmp_path):
    """Two processes speak in one conversation at once."""
    opened = asyncio.run(spoken(ConversationStore(tmp_path)))
    command = [sys.executable, "-c", SPEAKER, str(tmp_path), opened.id]
    speakers = [subprocess.Popen(command) for _ in range(2)]
    assert [speaker.wait(60) for speaker in speakers] == [0, 0]
    kept = asyncio.run(ConversationStore(tmp_path).get(opened.id))
    assert len(kept.messages) == kept.revision == 61
