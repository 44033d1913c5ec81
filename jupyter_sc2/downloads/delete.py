"""Weights leave the disk: a whole record with the cache's own tool, or what a download had begun."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from jupyter_sc2.downloads import kept, pins, records
from jupyter_sc2.downloads.explain import from_disk
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import Place, Repo, size_of
from jupyter_sc2.engine.folder import SUMS
from jupyter_sc2.errors import Sc2Error


def delete(weights: str, cache: Path) -> int:
    """Deletes the recorded revision and what only it uses. Returns the bytes that are free now. May take seconds.

    Raises Sc2Error: `not_downloaded`, `busy` while it is being fetched, `not_writable`.
    """
    with pins.held(weights):
        record = records.read(weights)
        if record is None:
            hint = "Weights that other programs fetched are theirs: `hf cache rm` deletes those."
            raise Sc2Error("not_downloaded", f"{weights} was not downloaded by jupyter-sc2.", hint, status=404)
        folder = Path(record.folder)
        cache = folder.parents[2] if folder.parent.name == "snapshots" else cache  # HF_HOME may be another by now
        pin = Pin(weights, record.revision, record.revision, record.offered(), found=[])
        before = records.disk_bytes(weights, cache)
        try:
            kept.write(pins.path_of(weights), pin)  # a kill from here on leaves a download that can be cancelled
            records.path_of(weights).unlink()
            if not _by_cache_tool(record.revision, cache):
                remove(pin, cache)
            pins.remove(weights)
        except OSError as error:
            raise from_disk(error, cache) from None
        return max(0, before - records.disk_bytes(weights, cache))


def _by_cache_tool(revision: str, cache: Path) -> bool:
    """False where huggingface_hub does not find the revision, because something else of the repository is damaged."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        found = scan_cache_dir(cache)
    except CacheNotFound:
        return False
    if not any(each.commit_hash == revision for repo in found.repos for each in repo.revisions):
        return False
    found.delete_revisions(revision).execute()
    return True


def cancel(weights: str, cache: Path) -> None:
    """Removes what a download brought, and nothing that was there before it. Raises Sc2Error."""
    with pins.held(weights):
        if pin := pins.read(weights):
            try:
                remove(pin, cache)
                pins.remove(weights)
            except OSError as error:
                raise from_disk(error, cache) from None


def remove(pin: Pin, cache: Path) -> None:
    """Removes the files of `pin` that were not found there, unless another commit uses them. Raises OSError."""
    repo = Repo(pin.weights, cache)
    ours = [place for place in pin.places(cache) if place.file.name not in pin.found]
    snapshot = repo.snapshot(pin.revision)
    elsewhere = {path.resolve() for path in repo.root.glob("snapshots/*/*") if path.parent != snapshot}
    for place in ours:
        place.part.unlink(missing_ok=True)
        place.pointer.unlink(missing_ok=True)
        if place.blob.resolve() not in elsewhere:
            place.blob.unlink(missing_ok=True)
    if not pin.found:
        snapshot.joinpath(SUMS).unlink(missing_ok=True)
    _tidy(repo, snapshot, ours)


def _tidy(repo: Repo, snapshot: Path, ours: list[Place]) -> None:
    """Removes folders that are empty now, references to a commit that is gone, and our locks."""
    with suppress(OSError):
        snapshot.rmdir()
    if not snapshot.exists():
        for path in repo.root.glob("refs/*"):
            with suppress(OSError):
                if path.read_text() == snapshot.name:
                    path.unlink()
    for place in ours:
        with suppress(OSError):
            place.lock.unlink()
    if not any(size_of(path) >= 0 for path in repo.root.glob("*/*")):
        shutil.rmtree(repo.root, ignore_errors=True)
