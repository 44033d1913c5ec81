"""One download from the first question to the record. Runs in a child process, which may be killed at any moment."""

from __future__ import annotations

from pathlib import Path

from jupyter_sc2.downloads import pins, plan
from jupyter_sc2.downloads.client import Hub
from jupyter_sc2.downloads.fetch import Fetcher
from jupyter_sc2.downloads.finish import finish
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.patience import class_names
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import LARGER_DISK, Place, Repo, check_room
from jupyter_sc2.downloads.settings import Settings


def download(weights: str, branch: str, cache: Path, settings: Settings, hub: Hub, meter: Meter) -> None:
    """Ends with a record, or raises: Sc2Error, OSError, or an error of the Hub's client (see `explain`)."""
    repo = Repo(weights, cache)
    with pins.held(weights):
        pin = _pin(repo, branch, settings, hub, meter)
        places = pin.places(cache)
        fetcher = Fetcher(hub, weights, pin.revision, settings, meter)
        sums = _check(places, fetcher, meter)
        missing = [place for place in places if place.file.name not in sums]
        if missing:
            check_room(cache, sum(place.file.size - place.held() for place in missing), LARGER_DISK)
            meter.enter("running", sum(place.held() for place in places), pin.total)
        for place in missing:
            sums[place.file.name] = fetcher.fetch(place)
        finish(repo, pin, sums)


def _pin(repo: Repo, branch: str, settings: Settings, hub: Hub, meter: Meter) -> Pin:
    """What was begun before, or what the Hub offers now. Without a network, what the cache holds."""
    if pin := plan.pinned(repo.weights):
        return pin
    try:
        pin, read = plan.look(hub, repo, branch, settings, meter)
    except Exception as error:
        if "OfflineModeIsEnabled" in class_names(error) and (cached := plan.in_cache(repo, branch)):
            return cached
        raise
    pins.write(pin)
    for place in pin.places(repo.cache):  # what was read already need not come again
        if place.file.name in read and not place.is_whole():
            place.part.parent.mkdir(parents=True, exist_ok=True)
            place.part.write_bytes(read[place.file.name])
    return pin


def _check(places: list[Place], fetcher: Fetcher, meter: Meter) -> dict[str, str]:
    """The SHA-256 of files that are there and right; damaged ones are gone afterwards."""
    whole = [place for place in places if place.is_whole()]
    if whole:
        meter.enter("checking", 0, sum(place.file.size for place in whole))
    sums = {place.file.name: fetcher.check(place) for place in whole}
    return {name: digest for name, digest in sums.items() if digest}
