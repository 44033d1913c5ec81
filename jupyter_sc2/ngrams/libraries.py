"""The tables of the libraries that notebooks import. What is missing is built by child processes, one at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue

from jupyter_sc2.ngrams.library import table_path
from jupyter_sc2.ngrams.sources import installed
from jupyter_sc2.ngrams.table import Ngrams
from jupyter_sc2.tokenizer import Tokenizer

NICENESS = 10
MAX_NAMES = 16  # of one notebook
MAX_KNOWN = 256  # names that are remembered, with or without a table
SECONDS = 120.0  # for one table


class Libraries:
    """`folder` keeps the tables between runs."""

    def __init__(self, tokenizer: Tokenizer, folder: Path) -> None:
        self.tokenizer, self.folder = tokenizer, folder
        self._tables: dict[str, Ngrams | None] = {}
        self._wanted: SimpleQueue[str] = SimpleQueue()
        self._builder: threading.Thread | None = None

    def of(self, names: Iterable[str]) -> list[Ngrams]:
        """The tables that are ready now. Those that are not will be, some seconds later."""
        names = [name for name in names if name.isidentifier()][:MAX_NAMES]
        for name in names:
            if name not in self._tables and len(self._tables) < MAX_KNOWN:
                self._tables[name] = table = self._opened_now(name)
                if table is None and installed(name):
                    self._want(name)
        return [table for name in names if (table := self._tables.get(name)) is not None]

    def _want(self, name: str) -> None:
        self._wanted.put(name)
        if self._builder is None:
            self._builder = threading.Thread(target=self._build, daemon=True)
            self._builder.start()

    def _build(self) -> None:
        """Runs in the thread. A child process, because sorting would hold up the answers."""
        options = ["--tokenizer", str(self.tokenizer.path), "--nice", str(NICENESS)]
        options += ["libraries", "--folder", str(self.folder)]
        while True:
            name = self._wanted.get()
            command = [sys.executable, "-m", "jupyter_sc2.ngrams", *options, name]
            quiet = subprocess.DEVNULL
            try:
                done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=SECONDS, check=False)
            except (OSError, subprocess.TimeoutExpired):
                continue
            if done.returncode == 0:
                self._tables[name] = self._opened_now(name)

    def _opened_now(self, name: str) -> Ngrams | None:
        """None where there is none: not built yet, damaged, or of a library that is being installed just now."""
        try:
            path = table_path(name, self.tokenizer, self.folder)
            return Ngrams.open(path) if path else None
        except (OSError, ValueError):
            return None
