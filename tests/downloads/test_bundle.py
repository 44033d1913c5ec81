"""Weights as one file: made and unpacked without a network, and never unpacked when anything about it is odd."""

import gzip
import io
import json
import shutil
import tarfile

import pytest
from checkpoints import SHARDED, SMALLEST

from jupyter_sc2 import cli
from jupyter_sc2.downloads import pins, records
from jupyter_sc2.downloads.bundle.manifest import MANIFEST


@pytest.fixture
def other_machine(monkeypatch, tmp_path, cache):
    """Moves to a machine without a network, where nothing was downloaded; returns the cache's folder there."""

    def move():
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "other" / "data"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "other" / "hf"))
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        return tmp_path / "other" / "hf" / "hub"

    return move


def run(*words):
    return cli.main(["bundle", *map(str, words)])


def test_there_and_back(fetch, works, other_machine, hub, tmp_path, capsys):
    fetch(SHARDED)
    assert run("export", SHARDED, tmp_path / "3b.tar") == 0
    assert "on the other machine" in capsys.readouterr().out.lower()
    assert [path.name for path in tmp_path.iterdir() if "3b" in path.name] == ["3b.tar"]
    asked = len(hub.seen)
    there = other_machine()
    assert records.presence(SHARDED) == "absent"
    assert run("import", tmp_path / "3b.tar") == 0
    assert f"{SHARDED} is ready to use" in capsys.readouterr().out
    works(SHARDED)
    assert records.find(SHARDED).folder.startswith(str(there))
    assert records.find(SHARDED).licence_file == "LICENSE"
    assert "A card." in (there / records.find(SHARDED).folder / "README.md").read_text()
    assert len(hub.seen) == asked
    assert [path for path in there.iterdir() if not path.name.startswith("models--")] == []
    assert run("import", tmp_path / "3b.tar") == 0  # again
    works(SHARDED)


def test_a_plain_tar_program_reads_it(fetch, tmp_path):
    fetch(SMALLEST)
    run("export", SMALLEST, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert tar.getnames()[0] == MANIFEST
        assert set(tar.getnames()[1:]) == set(records.find(SMALLEST).files)


def test_progress_is_shown(fetch, tmp_path, capsys):
    fetch(SMALLEST)
    cli.main(["bundle", "--quiet", "export", SMALLEST, str(tmp_path / "b.tar")])
    assert capsys.readouterr().err == ""
    run("export", SMALLEST, tmp_path / "b.tar")
    assert f"{SMALLEST}  fetching" in capsys.readouterr().err


def test_an_import_ends_a_download_that_was_begun(fetch, works, hub, tmp_path, other_machine):
    fetch(SMALLEST)
    run("export", SMALLEST, tmp_path / "b.tar")
    other_machine()
    hub.put(SMALLEST, {"config.json": b"{}"})
    pins.write(pins.Pin(SMALLEST, "main", "1" * 40, records.Record("", "1" * 40, "", {}, "", "").offered(), []))
    assert run("import", tmp_path / "b.tar") == 0
    assert pins.every() == []
    works(SMALLEST)


def test_another_revision_is_not_replaced(fetch, hub, tmp_path, other_machine, capsys):
    fetch(SMALLEST)
    run("export", SMALLEST, tmp_path / "b.tar")
    files = {name: each.data for name, each in hub.repos[SMALLEST]["main"].items()}
    hub.put(SMALLEST, {**files, "README.md": b"newer"})
    shutil.rmtree(records.find(SMALLEST).folder)
    records.path_of(SMALLEST).unlink()
    fetch(SMALLEST)
    assert run("import", tmp_path / "b.tar") == 2
    assert "in another revision" in capsys.readouterr().err


@pytest.mark.parametrize("weights", ["me/nowhere", "built-in", "/some/folder"])
def test_only_downloads_are_exported(weights, tmp_path, capsys):
    assert run("export", weights, tmp_path / "b.tar") == 2
    assert "is not downloaded" in capsys.readouterr().err
    assert not (tmp_path / "b.tar").exists()


def test_damaged_weights_are_not_exported(fetch, tmp_path, capsys):
    fetch(SMALLEST)
    flip(tmp_path.joinpath(records.find(SMALLEST).folder, "model.safetensors"), -1)
    assert run("export", SMALLEST, tmp_path / "b.tar") == 2
    assert "model.safetensors" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["hf"]


def test_a_place_that_cannot_be_written(fetch, tmp_path, capsys):
    fetch(SMALLEST)
    (tmp_path / "file").write_text("")
    assert run("export", SMALLEST, tmp_path / "file" / "b.tar") == 2
    assert "cannot be written" in capsys.readouterr().err


def flip(path, at):
    with path.open("r+b") as file:
        file.seek(at, io.SEEK_END if at < 0 else io.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(-1, io.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


@pytest.fixture
def members(fetch, hub, tmp_path):
    """The members of a good bundle of small files, and a way to write them as another one."""
    config = {"model_type": "starcoder2", "vocab_size": 8, "hidden_size": 8, "intermediate_size": 8}
    config |= {"num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1}
    files = {
        "config.json": json.dumps(config).encode(),
        "model.safetensors": bytes(range(256)) * 5,
        "README.md": b"card",
    }
    hub.put("me/mine", files)
    assert fetch("me/mine")[-1].failure is None
    assert run("export", "me/mine", tmp_path / "good.tar") == 0
    with tarfile.open(tmp_path / "good.tar") as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


def write(path, members, form=tarfile.GNU_FORMAT, **kinds):
    """`kinds` are those of members that are no plain files."""
    with tarfile.open(path, "w", format=form) as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type = len(data), kinds.get(name, tarfile.REGTYPE)
            if member.type != tarfile.REGTYPE:
                member.linkname, member.size = "/etc/passwd", 0
            tar.addfile(member, io.BytesIO(data))
    return path


def listed(members, change):
    """The members with a changed list."""
    manifest = json.loads(members[MANIFEST])
    change(manifest)
    return {**members, MANIFEST: json.dumps(manifest).encode()}


def renamed(members, old, new):
    """A file under another name, in the list as well."""

    def change(manifest):
        for each in manifest["files"]:
            each["file"]["name"] = new if each["file"]["name"] == old else each["file"]["name"]

    return {new if name == old else name: data for name, data in listed(members, change).items()}


WEIGHTS = "model.safetensors"
HOSTILE = {
    "a byte that flipped": lambda m: {**m, WEIGHTS: b"\xff" + m[WEIGHTS][1:]},
    "a file that is missing": lambda m: {name: data for name, data in m.items() if name != "README.md"},
    "a file too many": lambda m: {**m, "more.safetensors": b"more"},
    "another size than listed": lambda m: {**m, WEIGHTS: m[WEIGHTS] + b"more"},
    "an absolute path": lambda m: renamed(m, "README.md", "/tmp/README.md"),
    "a parent path": lambda m: renamed(m, "README.md", "../README.md"),
    "a folder": lambda m: renamed(m, "README.md", "sub/README.md"),
    "a pickle": lambda m: renamed(m, "README.md", "weights.bin"),
    "code": lambda m: renamed(m, "README.md", "setup.py"),
    "a name that is unknown": lambda m: renamed(m, "README.md", "evil.txt"),
    "a shard that no index names": lambda m: renamed(m, "README.md", "other.safetensors"),
    "a path in the tar only": lambda m: {"../x" if name == "README.md" else name: data for name, data in m.items()},
    "no list": lambda m: {name: data for name, data in m.items() if name != MANIFEST},
    "a list that is none": lambda m: {**m, MANIFEST: b"{}"},
    "a list of another version": lambda m: listed(m, lambda told: told.update(format=2)),
    "a file listed twice": lambda m: listed(m, lambda told: told["files"].append(told["files"][0])),
    "weights that are no id": lambda m: listed(m, lambda told: told.update(weights="../../evil")),
    "a revision that is a path": lambda m: listed(m, lambda told: told.update(revision="../" * 13 + "x")),
    "a sum that is a path": lambda m: listed(m, lambda told: told["files"][0]["file"].update(etag="../" * 13 + "x")),
    "a size below none": lambda m: listed(m, lambda told: told["files"][0]["file"].update(size=-1)),
    "a size beyond all": lambda m: listed(m, lambda told: told["files"][0]["file"].update(size=1 << 60)),
    "other architecture": lambda m: other_model(m),
}


def other_model(members):
    """Right in every sum, but no StarCoder2."""
    import hashlib

    config = b'{"model_type": "llama"}'

    def change(manifest):
        for each in manifest["files"]:
            if each["file"]["name"] == "config.json":
                git = hashlib.sha1(b"blob %d\0" % len(config) + config).hexdigest()
                each["file"].update(size=len(config), etag=git)
                each["sha256"] = hashlib.sha256(config).hexdigest()

    return {**listed(members, change), "config.json": config}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_odd_is_refused_and_leaves_nothing(case, members, other_machine, tmp_path, capsys):
    refused(write(tmp_path / "bad.tar", HOSTILE[case](members)), other_machine(), capsys)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_unpacked(kind, members, other_machine, tmp_path, capsys):
    refused(write(tmp_path / "bad.tar", members, **{"README.md": kind}), other_machine(), capsys)


def test_heads_of_several_blocks_are_refused(members, other_machine, tmp_path, capsys):
    """They could be of any size."""
    path = write(tmp_path / "bad.tar", {"x" * 300: b"", **members}, form=tarfile.PAX_FORMAT)
    refused(path, other_machine(), capsys)


def test_what_is_cut_off_or_no_tar_at_all(members, other_machine, tmp_path, capsys):
    whole = write(tmp_path / "good2.tar", members).read_bytes()
    there = other_machine()
    for cut in (0, 100, 512, 700, 2000, 3500):
        (tmp_path / "bad.tar").write_bytes(whole[:cut])
        refused(tmp_path / "bad.tar", there, capsys)
    for other in (gzip.compress(whole), b"x" * 5000, bytes(5000)):
        (tmp_path / "bad.tar").write_bytes(other)
        refused(tmp_path / "bad.tar", there, capsys)
    refused(tmp_path / "nowhere.tar", there, capsys)


def refused(path, there, capsys):
    capsys.readouterr()
    assert run("import", path) == 2
    told = capsys.readouterr().err
    assert told.strip().endswith(".")
    assert "Traceback" not in told
    assert [file for file in there.rglob("*") if file.is_file()] == []
    assert records.find("me/mine") is None
    assert pins.every() == []
