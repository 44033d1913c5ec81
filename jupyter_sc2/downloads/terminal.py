"""A download in a terminal: one line that changes, or plain lines where the output is no terminal."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from typing import TextIO

from jupyter_sc2.downloads.jobs import Downloads
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Download

PLAIN_SECONDS = 30.0  # between two plain lines
BAR = 24
_WORDS = {"starting": "starting", "running": "fetching", "checking": "checking", "paused": "paused", "failed": "failed"}


class Line:
    """`show` a download whenever it changes, and `close` the line before anything else is printed."""

    def __init__(self, out: TextIO | None = None, quiet: bool = False) -> None:
        self._out, self._quiet = out or sys.stderr, quiet
        self._is_terminal = self._out.isatty()
        self._last: tuple[str, str, int] | None = None
        self._at = float("-inf")

    def show(self, download: Download) -> None:
        if self._quiet:
            return
        if self._is_terminal:
            columns = shutil.get_terminal_size().columns
            self._out.write(f"\r\x1b[K{describe(download, bar=True)[: columns - 1]}")
            self._out.flush()
            return
        tenth = 10 * download.done // download.total if download.total else 0
        news, now = (download.state, download.note, tenth), time.monotonic()
        if self._last is None or news[:2] != self._last[:2] or (news != self._last and now - self._at >= PLAIN_SECONDS):
            self._last, self._at = news, now
            print(describe(download), file=self._out, flush=True)

    def close(self) -> None:
        if self._is_terminal and not self._quiet:
            self._out.write("\r\x1b[K")
            self._out.flush()


def describe(download: Download, bar: bool = False) -> str:
    """One line: name, bar, how much of how much, rate and time left, or why it waits."""
    parts = [download.weights, _WORDS.get(download.state, download.state)]
    if download.total:
        if bar:
            full = BAR * download.done // download.total
            parts.append(f"[{'#' * full}{'.' * (BAR - full)}]")
        parts.append(f"{size(download.done)} of {size(download.total)}")
    if download.note:
        parts.append(download.note)
    elif download.state in ("running", "checking") and download.rate:
        parts.append(f"{size(download.rate)}/s")
        if download.seconds_left is not None:
            parts.append(f"{duration(download.seconds_left)} left")
    return "  ".join(parts)


def size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def download(
    weights: str, branch: str = "main", quiet: bool = False, out: TextIO | None = None, settings: Settings | None = None
) -> int:
    """Downloads, or goes on, and shows it. Returns 0, or 130 after Ctrl+C. Raises Sc2Error for what went wrong."""
    line = Line(out, quiet)
    try:
        ended = asyncio.run(_follow(weights, branch, line, settings))
    except KeyboardInterrupt:
        line.close()
        print(f"Paused. The same command goes on with {weights} from there.", file=out or sys.stderr)
        return 130
    line.close()
    if ended.failure is not None:
        raise Sc2Error(ended.failure.code, ended.failure.message, ended.failure.hint)
    return 0


async def _follow(weights: str, branch: str, line: Line, settings: Settings | None) -> Download:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Download] = loop.create_future()

    def hear(download: Download) -> None:
        line.show(download)
        if download.state in ("done", "failed") and not ended.done():
            ended.set_result(download)

    downloads = Downloads(None, hear, settings)
    await downloads.start(weights, branch)
    try:
        return await ended
    finally:
        await downloads.close()
