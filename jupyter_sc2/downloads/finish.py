"""What makes weights complete: the list of sums that the engine checks, and last of all the record."""

from __future__ import annotations

import errno
import os
from datetime import datetime, timezone

from jupyter_sc2.downloads import kept, pins, records
from jupyter_sc2.downloads.offer import is_licence
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import Repo
from jupyter_sc2.downloads.records import Kept, Record
from jupyter_sc2.engine.folder import SUMS

_NOT_OURS = {errno.EACCES, errno.EPERM, errno.EROFS}  # weights that another user fetched are used as they are


def finish(repo: Repo, pin: Pin, sums: dict[str, str]) -> None:
    """Writes what makes weights complete; the record comes last. Raises OSError."""
    folder = repo.snapshot(pin.revision)
    try:
        draft = folder / f"{SUMS}.{os.getpid()}"
        draft.write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
        os.replace(draft, folder / SUMS)
        repo.refer(pin.branch, pin.revision)
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise
    files = {file.name: Kept(sums[file.name], file.size, file.etag) for file in pin.files}
    licence = next((name for name in sorted(files) if is_licence(name)), "")
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    kept.write(records.path_of(pin.weights), Record(pin.weights, pin.revision, str(folder), files, licence, now))
    pins.remove(pin.weights)
