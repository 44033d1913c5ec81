"""A bundle into the cache: every file is checked before anything of it can be seen. Whoever made it is not trusted."""

from __future__ import annotations

import os
import shutil
import tarfile
from io import BufferedReader
from pathlib import Path

import msgspec

from jupyter_sc2.downloads import pins, records
from jupyter_sc2.downloads.bundle.manifest import BLOCK, MANIFEST, MAX_MANIFEST_BYTES, Bundled, Manifest
from jupyter_sc2.downloads.delete import remove
from jupyter_sc2.downloads.digest import PIECE_BYTES, Digest
from jupyter_sc2.downloads.explain import from_disk
from jupyter_sc2.downloads.finish import finish
from jupyter_sc2.downloads.judge import check_config
from jupyter_sc2.downloads.meter import Meter
from jupyter_sc2.downloads.offer import CONFIG, check_form, choose, is_adapter, is_wanted
from jupyter_sc2.downloads.pins import Pin
from jupyter_sc2.downloads.places import LARGER_DISK, Repo, check_id, check_room
from jupyter_sc2.engine.folder import INDEX
from jupyter_sc2.errors import Sc2Error

AGAIN = "Copy or export the bundle again."


def read_manifest(file: BufferedReader) -> Manifest:
    """The first member. Raises Sc2Error `bad_bundle`."""
    name, size = _head(file)
    if name != MANIFEST or size > MAX_MANIFEST_BYTES:
        raise _bad("This is no bundle of jupyter-sc2.")
    try:
        manifest = msgspec.json.decode(_exactly(file, size), type=Manifest)
    except msgspec.DecodeError:
        raise _bad("The bundle's list of files cannot be read, or is of a newer version.") from None
    file.read(-size % BLOCK)
    names = [each.file.name for each in manifest.files]
    unknown = [name for name in names if not is_wanted(name)]
    if unknown or len(set(names)) < len(names):
        raise _bad(f"The bundle lists {(unknown or names)[0][:80]!r}, which has no place in weights; refused.")
    check_id(manifest.weights)
    return manifest


def unpack(file: BufferedReader, manifest: Manifest, cache: Path, meter: Meter) -> None:
    """`file` stands after the manifest. Raises Sc2Error, and then leaves nothing of the bundle."""
    weights, repo = manifest.weights, Repo(manifest.weights, cache)
    with pins.held(weights):
        record = records.find(weights)
        if record and record.revision != manifest.revision:
            hint = f"Delete them first: `jupyter sc2 models delete {weights}`."
            raise Sc2Error("conflict", f"{weights} is here already, in another revision.", hint, status=409)
        drafts = cache / f".jupyter-sc2-import-{repo.root.name}"
        try:
            check_room(cache, manifest.total, LARGER_DISK)
            shutil.rmtree(drafts, ignore_errors=True)  # of an import that was killed
            drafts.mkdir()
            meter.enter("running", 0, manifest.total)
            for each in manifest.files:
                _take(file, each, drafts, meter)
            if any(file.read(BLOCK)):
                raise _bad("The bundle holds more than it lists; refused.")
            _check_weights(manifest, drafts)
            _place(manifest, repo, drafts)
        except OSError as error:
            raise from_disk(error, cache) from None
        finally:
            shutil.rmtree(drafts, ignore_errors=True)


def _take(file: BufferedReader, each: Bundled, drafts: Path, meter: Meter) -> None:
    """One member into `drafts`, checked."""
    name, size = _head(file)
    if (name, size) != (each.file.name, each.file.size):
        raise _bad(f"The bundle does not hold what it lists: {each.file.name} is missing, or has another size.")
    digest = Digest(each.file)
    with (drafts / name).open("xb") as out:
        while digest.size < size:
            piece = _exactly(file, min(PIECE_BYTES, size - digest.size))
            digest.add(piece)
            out.write(piece)
            meter.add(len(piece))
        out.flush()
        os.fsync(out.fileno())
    file.read(-size % BLOCK)
    if not digest.is_right() or digest.sha256 != each.sha256:
        raise _bad(f"{name} in the bundle is damaged: its sum is another.")


def _head(file: BufferedReader) -> tuple[str, int]:
    """Name and size of the next member. Links, devices, folders and heads of several blocks are refused."""
    try:
        member = tarfile.TarInfo.frombuf(_exactly(file, BLOCK), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeError):
        raise _bad("The bundle is damaged, or this is none.") from None
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.size < 0:
        raise _bad("The bundle holds something that is no plain file; refused.")
    return member.name, member.size


def _exactly(file: BufferedReader, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _bad("The bundle ends too early.")
    return data


def _check_weights(manifest: Manifest, drafts: Path) -> None:
    """Raises Sc2Error unless the files are weights of ours, and all of them."""
    listing = {each.file.name: each.file for each in manifest.files}
    check_form(manifest.weights, listing, list(listing))
    index = drafts.joinpath(INDEX).read_bytes() if INDEX in listing else None
    chosen = choose(manifest.weights, listing, index)
    if {file.name for file in chosen} != listing.keys():
        raise _bad("The bundle holds files that do not belong to its weights; refused.")
    if not is_adapter(listing):
        check_config(manifest.weights, drafts.joinpath(CONFIG).read_bytes())


def _place(manifest: Manifest, repo: Repo, drafts: Path) -> None:
    """Moves what was checked into the cache. Raises OSError."""
    files = [each.file for each in manifest.files]
    begun = pins.read(repo.weights)
    found = [file.name for file in files if repo.place(manifest.revision, file).is_whole()]
    pin = Pin(repo.weights, manifest.revision, manifest.revision, files, found)
    pins.write(pin)
    if begun and begun.revision != pin.revision:
        remove(begun, repo.cache)
    for place in pin.places(repo.cache):
        place.part.unlink(missing_ok=True)
        place.blob.parent.mkdir(parents=True, exist_ok=True)
        os.replace(drafts / place.file.name, place.blob)
        place.pointer.unlink(missing_ok=True)
        place.point()
    finish(repo, pin, {each.file.name: each.sha256 for each in manifest.files})


def _bad(message: str) -> Sc2Error:
    return Sc2Error("bad_bundle", message, AGAIN, status=422)
