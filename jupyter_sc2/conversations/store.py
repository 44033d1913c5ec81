"""Which conversation belongs to which notebook, and how one grows.

Nothing is held in memory that is on disk, so that two servers of one user see each other's changes. What could not be
written is held until a later write succeeds.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from jupyter_sc2 import disk
from jupyter_sc2.conversations import files
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Conversation, Message

MAX_BYTES = 8 << 20  # of one conversation
UNREADABLE = "An earlier conversation could not be read. Its file was set aside; nothing else is lost."
MAX_FRESH = 1024  # conversations that were opened and in which nothing was said yet


class NotThere(Sc2Error):
    """No such conversation."""

    def __init__(self) -> None:
        super().__init__("not_found", "This conversation does not exist (any more).", status=404)


class Stale(Sc2Error):
    """Somebody spoke in the meantime: the page is to show what they said, then to ask again."""

    def __init__(self, revision: int) -> None:
        message = f"The conversation has moved on to revision {revision}."
        super().__init__("conflict", message, "Load it again, then repeat the request.", status=409)


class _Header(msgspec.Struct):
    path: str
    deleted: bool = False


class ConversationStore:
    """Conversations in `folder`, which is made when the first is written. Its methods belong to one event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = asyncio.Lock()
        self._fresh: OrderedDict[str, str] = OrderedDict()  # id -> path
        self._unsaved: dict[str, Conversation] = {}
        self._headers: dict[str, tuple[int, str | None]] = {}  # id -> (mtime in ns, path)
        self._scanned = False
        self._set_aside = False  # a file was, and nobody was told yet

    async def open(self, path: str) -> tuple[Conversation, str]:
        """The conversation of a notebook, a new one if there is none, and what to tell the user about it."""
        async with self._lock:
            found = await asyncio.to_thread(self._find, path)
            notice, self._set_aside = (UNREADABLE if self._set_aside else ""), False
            return found or self._start(path), notice

    async def get(self, name: str) -> Conversation:
        """Raises NotThere."""
        async with self._lock:
            return await asyncio.to_thread(self._get, name)

    async def append(self, name: str, message: Message, revision: int | None = None) -> tuple[Conversation, str]:
        """The conversation with `message`, and why it could not be saved, if so. With `revision`, raises Stale when
        the conversation has another one. Raises NotThere, and `too_large` when it is full."""
        async with self._lock:
            return await asyncio.to_thread(self._append, name, message, revision)

    async def delete(self, name: str) -> None:
        """Forgets a conversation for ever. Raises NotThere."""
        async with self._lock:
            await asyncio.to_thread(self._get, name)
            self._fresh.pop(name, None)
            self._unsaved.pop(name, None)
            await asyncio.to_thread(self._file(name).unlink, missing_ok=True)

    async def moved(self, source: str, target: str) -> None:
        """Follows a notebook, or a folder with all that is in it, to another path."""
        await self._change(source, lambda known: replace(known, path=target + known.path[len(source) :]))

    async def deleted(self, path: str) -> None:
        """Keeps a deleted notebook's conversation, but for no other notebook."""
        await self._change(path, lambda known: replace(known, deleted=True))

    async def _change(self, path: str, change: Callable[[Conversation], Conversation]) -> None:
        """Applies `change` to the conversations of `path` and of what is in it."""
        async with self._lock:
            await asyncio.to_thread(self._change_saved, path, change)

    def _change_saved(self, path: str, change: Callable[[Conversation], Conversation]) -> None:
        def concerned(known: str) -> bool:
            return known == path or known.startswith(f"{path}/")

        for name in [name for name, known in self._fresh.items() if concerned(known)]:
            changed = change(Conversation(name, self._fresh.pop(name)))
            if not changed.deleted:
                self._fresh[name] = changed.path
        with disk.alone(self.folder):
            self._scan()
            saved = [name for name, (_, known) in self._headers.items() if known is not None and concerned(known)]
            unsaved = [name for name, known in self._unsaved.items() if concerned(known.path)]
            for name in dict.fromkeys([*unsaved, *saved]):
                if known := self._load(name):
                    self._save(change(known))

    def _find(self, path: str) -> Conversation | None:
        """The newest that can be read."""
        with disk.alone(self.folder) if self.folder.exists() else nullcontext():
            return next(filter(None, map(self._load, self._ids(path))), None)

    def _append(self, name: str, message: Message, revision: int | None) -> tuple[Conversation, str]:
        with disk.alone(self.folder):
            known = self._get(name)
            if revision not in (None, known.revision):
                raise Stale(known.revision)
            grown = replace(known, messages=[*known.messages, message], revision=known.revision + 1)
            if len(msgspec.json.encode(grown)) > MAX_BYTES:
                raise Sc2Error("too_large", "This conversation is full.", "Start a new one.", status=422)
            return grown, self._save(grown)

    def _get(self, name: str) -> Conversation:
        found = self._load(name)
        if found is None:
            raise NotThere
        return found

    def _start(self, path: str) -> Conversation:
        name = str(uuid.uuid4())
        self._fresh[name] = path
        if len(self._fresh) > MAX_FRESH:
            self._fresh.popitem(last=False)
        return Conversation(name, path)

    def _ids(self, path: str) -> list[str]:
        """Conversations of `path`, the newest first. Two exist only if two servers made them at the same time."""
        fresh = [name for name, known in reversed(self._fresh.items()) if known == path]
        unsaved = [name for name, known in self._unsaved.items() if known.path == path and not known.deleted]
        self._scan()
        saved = [
            (changed, name)
            for name, (changed, known) in self._headers.items()
            if known == path and name not in self._unsaved
        ]
        return [*unsaved, *(name for _, name in sorted(saved, reverse=True)), *fresh]

    def _load(self, name: str) -> Conversation | None:
        """None when there is none. An unreadable file is set aside."""
        if name in self._unsaved:
            return self._unsaved[name]
        if name in self._fresh:
            return Conversation(name, self._fresh[name])
        path = self._file(name)
        try:
            found = files.read(path)
        except OSError:
            return None
        if found is None:
            disk.set_aside(path)
            self._set_aside = True
        return found

    def _save(self, conversation: Conversation) -> str:
        """Why it could not be written; empty when it was."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write(self._file(conversation.id), conversation)
        except OSError as error:
            self._unsaved[conversation.id] = conversation
            return disk.reason(error)
        finally:
            self._fresh.pop(conversation.id, None)
        self._unsaved.pop(conversation.id, None)
        return ""

    def _scan(self) -> None:
        """Reads the paths of files that are new or have changed; the first time, clears up after a killed server."""
        for file in [] if self._scanned else self.folder.glob(f"*{disk.TEMPORARY}"):
            with suppress(OSError):
                file.unlink()
        self._scanned = True
        known, self._headers = self._headers, {}
        for file in self.folder.glob("*.json"):
            if header := self._header(file, known.get(file.stem)):
                self._headers[file.stem] = header

    def _header(self, file: Path, last: tuple[int, str | None] | None) -> tuple[int, str | None] | None:
        """None for a file that is gone, may not be read, or was set aside just now; no path for a deleted notebook."""
        try:
            changed = file.stat().st_mtime_ns
            if last and last[0] == changed:
                return last
            header = msgspec.json.decode(file.read_bytes(), type=_Header)
            return changed, None if header.deleted else header.path
        except msgspec.DecodeError:
            disk.set_aside(file)
            self._set_aside = True
        except OSError:
            pass
        return None

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.json"
