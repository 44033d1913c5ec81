"""Converted copies are bounded, and nothing else in their folder is touched."""

import errno
import os
import time

import pytest
from tiny import write_checkpoint

from jupyter_sc2.engine.lowbit import copies, tidy
from jupyter_sc2.engine.weights import load
from jupyter_sc2.errors import Sc2Error

HOUR, DAY = 3600, 24 * 3600


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def copy(folder, number, hours, nbytes=100, manifest=True):
    """A copy that was used so many hours ago."""
    path = folder / f"{number:016x}-int4-1"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(bytes(nbytes))
    if manifest:
        (path / "copy.json").write_bytes(b"")
        age(path / "copy.json", hours * HOUR)
    age(path, hours * HOUR)
    return path


def left(folder):
    return sorted(int(path.name[:16], 16) for path in folder.iterdir())


def test_the_least_recently_used_go_beyond_the_count(tmp_path):
    for number, hours in enumerate([5, 40, 2, 90, 3, 4, 6, 7, 8, 9]):
        copy(tmp_path, number, hours)
    tidy.tidy(tmp_path)
    assert left(tmp_path) == [0, 2, 4, 5, 6, 7, 8, 9]


def test_the_least_recently_used_go_beyond_the_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "MOST_BYTES", 1000)
    for number, (hours, nbytes) in enumerate([(9, 10), (8, 600), (7, 500), (6, 400)]):
        copy(tmp_path, number, hours, nbytes)
    tidy.tidy(tmp_path)
    assert left(tmp_path) == [2, 3]


def test_what_was_used_in_the_last_hour_stays(tmp_path, monkeypatch):
    """Another worker may be reading it."""
    monkeypatch.setattr(tidy, "MOST", 1)
    for number, hours in enumerate([0.1, 0.9, 1.1]):
        copy(tmp_path, number, hours)
    tidy.tidy(tmp_path)
    assert left(tmp_path) == [0, 1]


def test_half_a_copy_counts_by_its_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "MOST", 1)
    copy(tmp_path, 0, 5, manifest=False)
    copy(tmp_path, 1, 4)
    tidy.tidy(tmp_path)
    assert left(tmp_path) == [1]


def test_leftovers_go_after_a_day(tmp_path):
    kept = copy(tmp_path, 0, 48)
    old, new, busy = (tmp_path / f"{kept.name}.abcd_12{number}" for number in range(3))
    for path in (old, new, busy):
        path.mkdir()
        (path / "model.safetensors").write_bytes(b"half")
    files = [place / name for place, name in ((kept, "copy.json.77"), (kept, "copy.json.78"), (tmp_path, "sums.77"))]
    for path in files:
        path.write_bytes(b"")
    for path in (old / "model.safetensors", old, busy, files[0], files[2]):
        age(path, 2 * DAY)
    tidy.tidy(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([kept, new, busy])
    assert sorted(path.name for path in kept.iterdir()) == ["copy.json", "copy.json.78", "model.safetensors"]


def test_what_is_not_ours_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "MOST", 0)
    elsewhere = copy(tmp_path / "elsewhere", 0, 99)
    folder = tmp_path / "converted"
    for name in ("notes", "0123-int4-1", f"{1:016x}-int4-1.backup", f"{1:016x}-int4-1.backup.abcd_123"):
        (folder / name).mkdir(parents=True)
        age(folder / name, 99 * DAY)
    (folder / f"{2:016x}-int4-1").symlink_to(elsewhere)
    for name in ("sums.json", "sums.txt", f"{3:016x}-int4-1"):
        (folder / name).write_bytes(b"")
        age(folder / name, 99 * DAY)
    before = sorted(folder.iterdir())
    tidy.tidy(folder)
    assert sorted(folder.iterdir()) == before
    assert (elsewhere / "model.safetensors").exists()


def test_a_folder_that_is_not_there_is_tidy(tmp_path):
    tidy.tidy(tmp_path / "none")
    assert not tidy.make_room(tmp_path / "none", 100, tmp_path / "none/damaged")


@pytest.mark.parametrize("first", [0, 1])
def test_a_load_is_a_use_and_removes_what_is_too_much(tmp_path, monkeypatch, first):
    monkeypatch.setattr(tidy, "MOST", 2)
    folders = [write_checkpoint(tmp_path / str(seed), seed=seed) for seed in range(3)]
    converted, found = tmp_path / "converted", []
    for folder in folders[:2]:
        load(folder, "int4", "cpu", converted=converted)
        found += [path for path in converted.glob("*-int4-1") if path not in found]
    for path in found:
        age(path / "copy.json", 5 * HOUR)
    load(folders[first], "int4", "cpu", converted=converted)
    load(folders[2], "int4", "cpu", converted=converted)
    assert [path.exists() for path in found] == [first == 0, first == 1]


def failing(times, code=errno.ENOSPC):
    """A `convert` that fails so many times."""
    real, calls = copies.convert, []

    def convert(*args):
        calls.append(args)
        if len(calls) <= times:
            raise OSError(code, os.strerror(code))
        real(*args)

    return convert, calls


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_old_copies_make_room(tmp_path, checkpoint, monkeypatch, code):
    convert, calls = failing(1, code)
    monkeypatch.setattr(copies, "convert", convert)
    shares = []
    old = [copy(tmp_path, number, hours, 10**7) for number, hours in enumerate([3, 9, 0.5])]
    load(checkpoint, "int4", "cpu", converted=tmp_path, progress=shares.append)
    assert [path.exists() for path in old] == [True, False, True]
    assert len(calls) == 2
    assert shares == sorted(shares)
    assert shares.count(1.0) == 1


def test_a_disk_that_stays_full_is_said(tmp_path, checkpoint, monkeypatch):
    convert, calls = failing(9)
    monkeypatch.setattr(copies, "convert", convert)
    for number in range(3):
        copy(tmp_path, number, 5 + number, 10)
    with pytest.raises(Sc2Error) as caught:
        load(checkpoint, "int4", "cpu", converted=tmp_path)
    assert caught.value.code == "disk_full"
    assert len(calls) == 2
    with pytest.raises(Sc2Error):
        load(checkpoint, "int4", "cpu", converted=tmp_path)
    assert len(calls) == 3  # nothing was left to remove


def test_on_a_full_disk_a_damaged_copy_makes_room_for_its_own_successor(tmp_path, checkpoint, monkeypatch):
    load(checkpoint, "int4", "cpu", converted=tmp_path)
    (weights,) = tmp_path.glob("*/model.safetensors")
    weights.write_bytes(bytes(weights.stat().st_size))
    convert, calls = failing(1)
    monkeypatch.setattr(copies, "convert", convert)
    load(checkpoint, "int4", "cpu", converted=tmp_path)
    assert len(calls) == 2
