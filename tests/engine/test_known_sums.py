"""Sums of large weights are remembered as long as the files are the same."""

import os

from tiny import write_checkpoint

from jupyter_sc2.engine import known_sums
from jupyter_sc2.engine.folder import check_sums, find_files
from jupyter_sc2.engine.known_sums import KnownSums


def found(sums, folder):
    """The sum, and the bytes that were hashed for it."""
    hashed = []
    return sums.find(folder, find_files(folder), hashed.append), sum(hashed)


def test_a_file_is_hashed_once_until_it_changes(tmp_path):
    (folder := tmp_path / "weights").mkdir()
    write_checkpoint(folder)
    sums = KnownSums(tmp_path / "sums.json")
    size = (folder / "model.safetensors").stat().st_size
    digest = check_sums(folder, find_files(folder), lambda count: None)
    assert found(sums, folder) == (digest, size)
    assert found(KnownSums(tmp_path / "sums.json"), folder) == (digest, 0)
    before = (folder / "model.safetensors").stat()
    write_checkpoint(folder, seed=1)
    os.utime(folder / "model.safetensors", ns=(before.st_atime_ns, before.st_mtime_ns))
    changed, hashed = found(sums, folder)
    assert changed != digest
    assert hashed == size


def test_only_the_newest_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(known_sums, "MOST", 2)
    sums = KnownSums(tmp_path / "sums.json")
    folders = [tmp_path / name for name in "abcd"]
    for folder in folders:
        folder.mkdir()
        write_checkpoint(folder)
        found(sums, folder)
    assert [found(sums, folder)[1] > 0 for folder in reversed(folders)] == [False, False, False, True]


def test_what_cannot_be_kept_is_hashed_again(tmp_path):
    (folder := tmp_path / "weights").mkdir()
    write_checkpoint(folder)
    (tmp_path / "sums.json").write_text("{ not json")
    assert found(KnownSums(tmp_path / "sums.json"), folder)[1] > 0
    assert found(KnownSums(tmp_path / "sums.json"), folder)[1] == 0
    (tmp_path / "file").write_text("")
    nowhere = KnownSums(tmp_path / "file" / "sums.json")
    assert found(nowhere, folder)[0] == found(nowhere, folder)[0]
