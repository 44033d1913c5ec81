"""The tables of what stands beside the notebooks that are being written, for as long as the server runs."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from itertools import count
from pathlib import Path
from queue import Full, Queue
from tempfile import TemporaryDirectory

from msgspec import Struct

from jupyter_sc2.ngrams.beside import File, files_beside, is_hidden
from jupyter_sc2.tokenizer import Tokenizer

NICENESS = 10
MAX_NOTEBOOKS = 16  # that have a table; the one that was asked for the longest ago goes
LOOK_SECONDS = 60.0  # between two looks at one folder
BUILD_SECONDS = 120.0  # for one table: some seconds, unless others need the processor
CLOSE_SECONDS = 5.0


class _Kept(Struct, eq=False):
    """`table` was made of `files`; empty without any. `looked` is a time of the monotonic clock."""

    table: str = ""
    files: tuple[File, ...] = ()
    looked: float = float("-inf")


class OwnNotebooks:
    """Tables are in a private temporary folder, which `close` deletes."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = threading.Lock()  # held for moments only
        self._wanted: Queue[tuple[str, str] | None] = Queue(maxsize=MAX_NOTEBOOKS)
        self._numbers = count()
        self._builder: threading.Thread | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    def of(self, root: str, path: str) -> str:
        """The file of the table that is ready now, or empty: one that is missing or old will be made, soon after."""
        if not root or not path or is_hidden(path):
            return ""
        with self._lock:
            if self._closed:
                return ""
            kept = self._kept.setdefault((root, path), _Kept())
            self._kept.move_to_end((root, path))
            if len(self._kept) > MAX_NOTEBOOKS:
                _delete(self._kept.popitem(last=False)[1].table)
            now = time.monotonic()
            if now - kept.looked >= LOOK_SECONDS and not self._wanted.full():
                kept.looked = now
                self._wanted.put_nowait((root, path))
                if self._builder is None:
                    self._builder = threading.Thread(target=self._work, daemon=True)
                    self._builder.start()
            return kept.table

    def close(self) -> None:
        """Waits some seconds at most, so it does not belong on the event loop."""
        with self._lock:
            self._closed = True
        if self._child is not None:
            self._child.kill()
        with suppress(Full):
            self._wanted.put_nowait(None)
        if self._builder is not None:
            self._builder.join(CLOSE_SECONDS)
        if self._folder is not None:
            self._folder.cleanup()

    def _work(self) -> None:
        """Runs in the thread."""
        while (key := self._wanted.get()) is not None and not self._closed:
            with suppress(OSError):  # no room on the disk: then there is no table
                self._look(*key)

    def _look(self, root: str, path: str) -> None:
        files = files_beside(Path(root), path)
        kept = self._kept.get((root, path))
        if kept is None or kept.files == files:
            return
        table = self._build(root, path) if files else ""
        with self._lock:
            is_kept = self._kept.get((root, path)) is kept
            old = kept.table if is_kept else table
            if is_kept:
                kept.table, kept.files = table, files
        _delete(old)

    def _build(self, root: str, path: str) -> str:
        """In a child process, because masking and sorting would hold up the server. Empty where that fails."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="jupyter-sc2-", ignore_cleanup_errors=True)
        table = str(Path(self._folder.name) / f"{next(self._numbers)}.npy")
        options = [f"--tokenizer={self.tokenizer.path}", f"--nice={NICENESS}"]
        beside = [f"--root={root}", f"--path={path}", f"--table={table}"]
        quiet = subprocess.DEVNULL
        self._child = subprocess.Popen(
            [sys.executable, "-m", "jupyter_sc2.ngrams", *options, "notebooks", *beside],
            stdin=quiet, stdout=quiet, stderr=quiet,
            env={**os.environ, "PYTHONSAFEPATH": "1"},  # a numpy.py in the user's folder is not numpy;
            cwd=os.sep,  # nor in Python 3.10, which does not know the variable
            start_new_session=True,
        )  # fmt: skip
        with self._child as child:
            try:
                child.wait(0 if self._closed else BUILD_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        return table if child.returncode == 0 and os.path.exists(table) else ""


def _delete(table: str) -> None:
    with suppress(OSError):  # gone already, or still open on Windows
        if table:
            os.unlink(table)
