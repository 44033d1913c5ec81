"""One file into the cache: on from where it stopped, checked while it comes, and visible only when it is right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO

from jupyter_sc2.downloads.client import Hub
from jupyter_sc2.downloads.digest import Digest
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.patience import Dropped, Patience, status_of
from jupyter_sc2.downloads.places import Place, size_of
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.errors import WeightsError

MANY_BYTES = 64 << 20  # take long enough to say so
TIMES = 2  # a file is fetched before it is given up as damaged


class Received:
    """What there is of a file so far, on disk and in the sums. It starts anew when a server sends it from the start."""

    def __init__(self, place: Place, meter: Meter) -> None:
        self.place, self._meter = place, meter
        if size_of(place.part) > place.file.size:
            place.part.unlink()
        self.digest = Digest(place.file)
        if size_of(place.part) > 0:
            meter.note("Checking what was fetched before." if size_of(place.part) > MANY_BYTES else "")
            self.digest.add_file(place.part)
            meter.note("")
        self._out: FileIO = place.part.open("ab", buffering=0)  # what a killed process has written is there

    @property
    def size(self) -> int:
        return self.digest.size

    def add(self, piece: bytes) -> None:
        """Raises OSError when the disk is full, and then keeps what found room."""
        rest = memoryview(piece)
        while rest:
            count = self._out.write(rest) or 0
            self.digest.add(bytes(rest[:count]))
            self._meter.add(count)
            rest = rest[count:]

    def begin_anew(self) -> None:
        self._meter.add(-self.size)
        self._out.truncate(0)
        self.digest = Digest(self.place.file)

    def close(self) -> None:
        """Everything is on the disk afterwards. Raises OSError."""
        try:
            os.fsync(self._out.fileno())
        finally:
            self._out.close()


class Fetcher:
    """Fetches files of one commit."""

    def __init__(self, hub: Hub, weights: str, revision: str, settings: Settings, meter: Meter) -> None:
        self._hub, self._weights, self._revision = hub, weights, revision
        self._settings, self._meter = settings, meter
        self._patience = Patience(settings, self._say)

    def fetch(self, place: Place) -> str:
        """Returns the file's SHA-256. Raises the client's errors, OSError, or WeightsError `weights_corrupt`."""
        with self._alone(place):
            if place.is_whole() and (found := self.check(place)):  # another program was faster
                return found
            place.part.parent.mkdir(parents=True, exist_ok=True)
            for _ in range(TIMES):
                digest = self._receive(place)
                if digest.is_right():
                    os.replace(place.part, place.blob)
                    place.point()
                    return digest.sha256
                self._meter.add(-digest.size)
                place.part.unlink()
        reason = f"{place.file.name} of {self._weights} came damaged {TIMES} times: its sum is not that of the Hub."
        raise WeightsError("weights_corrupt", reason, "Try again later; it may be damaged on the Hub, or on the way.")

    def check(self, place: Place) -> str:
        """The SHA-256 of a file that is there whole; empty when it was damaged, and then it is gone. Raises OSError."""
        digest = Digest(place.file)
        path = place.pointer if size_of(place.pointer) == place.file.size else place.blob
        digest.add_file(path, self._meter.add)
        if digest.is_right():
            place.point()
            return digest.sha256
        self._meter.add(-digest.size)
        place.drop()
        return ""

    def read(self, place: Place) -> bytes:
        """A small file, into memory only. Raises as `fetch` does."""
        for _ in range(TIMES):
            digest = Digest(place.file)
            data = self._patience.try_(lambda: self._read(place), self._settings.first_tries)
            digest.add(data)
            if digest.is_right():
                return data
        raise WeightsError("weights_corrupt", f"{place.file.name} of {self._weights} came damaged {TIMES} times.")

    def _read(self, place: Place) -> bytes:
        with self._hub.bytes_of(self._weights, self._revision, place.file) as (_, pieces):
            data = b""
            for piece in pieces:
                data += piece
                if len(data) > place.file.size:
                    break
        if len(data) < place.file.size:
            raise Dropped
        return data

    def _receive(self, place: Place) -> Digest:
        got = Received(place, self._meter)
        try:
            self._patience.try_(lambda: self._go_on(got), self._settings.tries, lambda: got.size)
        finally:
            got.close()
        return got.digest

    def _go_on(self, got: Received) -> None:
        place, size = got.place, got.place.file.size
        if got.size == size:
            return
        try:
            with self._hub.bytes_of(self._weights, self._revision, place.file, got.size) as (begins, pieces):
                if begins != got.size:
                    got.begin_anew()
                if begins != got.size:
                    raise Dropped  # another part than asked for
                for piece in pieces:
                    got.add(piece[: size - got.size])
                    if got.size == size:  # never more than announced
                        return
        except Exception as error:
            if status_of(error) != 416:
                raise
            got.begin_anew()  # the server's file ends here: it is another than announced
            return
        if got.size < size:
            raise Dropped

    @contextmanager
    def _alone(self, place: Place) -> Iterator[None]:
        """Waits while another program fetches the same file; huggingface_hub takes the same lock."""
        from filelock import Timeout
        from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

        place.lock.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            while True:
                with suppress(Timeout):
                    stack.enter_context(WeakFileLock(place.lock, timeout=1.0))
                    break
                self._meter.note("Another program is fetching the same file; waiting for it.")
            self._meter.note("")
            yield

    def _say(self, error: Exception | None, seconds: float) -> None:
        if error is None:
            self._meter.note("")
            return
        why = {429: "The Hub asks to wait", 0: "The line dropped"}.get(status_of(error), "The Hub has trouble")
        self._meter.note(f"{why}; trying again in {seconds:.0f} s.")
