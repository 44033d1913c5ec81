"""Which files of which commit: asked once, then pinned. What we cannot use is refused before gigabytes are fetched."""

from __future__ import annotations

import os

import msgspec

from jupyter_sc2.downloads import pins, records
from jupyter_sc2.downloads.client import Hub
from jupyter_sc2.downloads.fetch import Fetcher
from jupyter_sc2.downloads.judge import check_config
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.offer import CONFIG, File, Listing, check_form, choose, is_adapter, is_wanted
from jupyter_sc2.downloads.patience import Patience
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import Place, Repo
from jupyter_sc2.downloads.settings import Settings
from jupyter_sc2.engine.folder import INDEX, SINGLE
from jupyter_sc2.errors import WeightsError


def pinned(weights: str) -> Pin | None:
    """What was begun, or is complete and is to be checked again."""
    if pin := pins.read(weights):
        return pin
    record = records.read(weights)
    if record is None:
        return None
    return Pin(weights, record.revision, record.revision, record.offered(), found=[])


def look(hub: Hub, repo: Repo, branch: str, settings: Settings, meter: Meter) -> tuple[Pin, dict[str, bytes]]:
    """A new pin, and the small files that were read for it. Raises the client's errors, or WeightsError."""
    weights = repo.weights
    patience = Patience(settings, lambda error, seconds: meter.note("The Hub does not answer yet." if error else ""))
    revision, listing, names = patience.try_(lambda: hub.look(weights, branch), settings.first_tries)
    check_form(weights, listing, names)
    fetcher = Fetcher(hub, weights, revision, settings, meter)
    read: dict[str, bytes] = {}
    if not is_adapter(listing):
        read[CONFIG] = _read(fetcher, repo.place(revision, listing[CONFIG]))
        check_config(weights, read[CONFIG])
        if SINGLE not in listing:
            read[INDEX] = _read(fetcher, repo.place(revision, listing[INDEX]))
    files = choose(weights, listing, read.get(INDEX))
    found = [file.name for file in files if repo.place(revision, file).is_whole()]
    return Pin(weights, branch, revision, files, found), read


def in_cache(repo: Repo, branch: str) -> Pin | None:
    """Without a network: what another program has fetched. Files are named after their sums, so they can be checked."""
    try:
        named = repo.root.joinpath("refs", branch)
        revision = named.read_text().strip() if named.is_file() else branch
        listing: Listing = {}
        for path in sorted(repo.snapshot(revision).iterdir()):
            if is_wanted(path.name) and path.is_symlink():
                found = {"name": path.name, "size": path.stat().st_size, "etag": os.path.basename(os.readlink(path))}
                listing[path.name] = msgspec.convert(found, File)
        index = listing.get(INDEX) if SINGLE not in listing else None
        files = choose(repo.weights, listing, repo.place(revision, index).pointer.read_bytes() if index else None)
        if not is_adapter(listing):
            check_config(repo.weights, repo.place(revision, listing[CONFIG]).pointer.read_bytes())
        return Pin(repo.weights, branch, revision, files, [file.name for file in files])
    except (OSError, ValueError, KeyError, WeightsError):
        return None


def _read(fetcher: Fetcher, place: Place) -> bytes:
    """From the cache where it is there and right."""
    if place.is_whole() and fetcher.check(place):
        return place.pointer.read_bytes()
    return fetcher.read(place)
