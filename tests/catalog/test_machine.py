"""What the machine says of itself: memory within control groups, GPUs of a tool that may misbehave, disk."""

import os
import subprocess
import sys

import psutil
import pytest

from jupyter_sc2.catalog import gpus, machine
from jupyter_sc2.catalog.containers import Bound, cpu_bound, memory_bound

GB = 10**9


def group(root, **files):
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(f"{text}\n")


def membership(tmp_path, text):
    path = tmp_path / "membership"
    path.write_text(text)
    return path


def test_version_2_within_a_container(tmp_path):
    """Used pages of files that are given away count as free."""
    stat = f"anon {GB}\nfile {3 * GB}\ninactive_file {2 * GB}\nactive_file {GB}"
    group(tmp_path / "g", memory__max=8 * GB, memory__current=5 * GB, memory__stat=stat, cpu__max="150000 100000")
    own = membership(tmp_path, "0::/\n")
    assert memory_bound(tmp_path / "g", own) == Bound(8 * GB, 5 * GB)
    assert cpu_bound(tmp_path / "g", own) == 1.5


def test_the_narrowest_of_nested_groups_counts(tmp_path):
    group(tmp_path / "g")
    group(tmp_path / "g/user.slice", memory__max=4 * GB, memory__current=3 * GB, cpu__max="max 100000")
    group(tmp_path / "g/user.slice/job", memory__max=6 * GB, memory__current=GB, cpu__max="400000 100000")
    own = membership(tmp_path, "0::/user.slice/job\n")
    assert memory_bound(tmp_path / "g", own) == Bound(4 * GB, GB)
    assert cpu_bound(tmp_path / "g", own) == 4


def test_version_1_in_docker(tmp_path):
    """The membership names a path of the host, which is not to be seen; the container's own group is the root."""
    stat = f"cache {GB}\ntotal_inactive_file {GB}"
    files = {"memory__limit_in_bytes": 2 * GB, "memory__usage_in_bytes": 2 * GB, "memory__stat": stat}
    group(tmp_path / "g/memory", **files)
    group(tmp_path / "g/cpu,cpuacct")
    (tmp_path / "g/cpu").symlink_to("cpu,cpuacct")
    group(tmp_path / "g/cpu", cpu__cfs_quota_us=50000, cpu__cfs_period_us=100000)
    own = membership(tmp_path, "9:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n1:name=systemd:/x\n0::/\n")
    assert memory_bound(tmp_path / "g", own) == Bound(2 * GB, GB)
    assert cpu_bound(tmp_path / "g", own) == 0.5


@pytest.mark.parametrize("limit", ["max", str(0x7FFFFFFFFFFFF000), "", "many"])
def test_no_bound(tmp_path, limit):
    group(tmp_path / "g", memory__max=limit, memory__limit_in_bytes=limit, cpu__max="", cpu__cfs_quota_us=-1)
    own = membership(tmp_path, "0::/\n")
    assert memory_bound(tmp_path / "g", own) is cpu_bound(tmp_path / "g", own) is None
    assert memory_bound(tmp_path / "g", tmp_path / "absent") is None


def test_the_containers_bound_narrows_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "memory_bound", lambda: Bound(2 * GB, GB))
    monkeypatch.setattr(machine, "cpu_bound", lambda: 0.5)
    found = machine.look(tmp_path)
    assert (found.memory_bytes, found.memory_free_bytes, found.cpus) == (2 * GB, GB, 1)
    assert machine.look(tmp_path, held=GB // 2).memory_free_bytes == GB + GB // 2
    assert machine.look(tmp_path, held=9 * GB).memory_free_bytes == 2 * GB


def test_this_machine(tmp_path):
    found = machine.look(tmp_path / "not" / "yet")
    assert 0 < found.memory_free_bytes <= found.memory_bytes <= psutil.virtual_memory().total
    assert 1 <= found.cpus <= os.cpu_count()
    assert found.disk_free_bytes == pytest.approx(psutil.disk_usage(tmp_path).free, rel=0.05)
    assert found.disk_path == str(tmp_path / "not" / "yet")


def test_by_default_downloads_go_to_the_hubs_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    assert machine.look().disk_path == str(tmp_path / "hub")


def test_memory_that_workers_would_give_back():
    code = "held = bytearray(20_000_000); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        assert machine.held_by([child.pid]) > 20_000_000
        child.communicate(b"\n")
    assert machine.held_by([child.pid]) == 0


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """Puts a program called nvidia-smi on the PATH."""
    monkeypatch.setattr(gpus, "_kept", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def make(script):
        path = tmp_path / "nvidia-smi"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return make


CARDS = "GPU-aa11, NVIDIA L4, 23034, 22500\nGPU-bb22, Tesla T4, 15360, 100\n"


def test_gpus_in_bytes(tool, tmp_path):
    tool(f"echo $* >> {tmp_path}/asked; printf '{CARDS}'")
    first, second = gpus.gpus()
    assert (first.name, first.title, first.memory_bytes, first.free_bytes) == (
        "cuda:0", "NVIDIA L4", 23034 << 20, 22500 << 20,
    )  # fmt: skip
    assert (second.name, second.title) == ("cuda:1", "Tesla T4")
    assert gpus.gpus() == [first, second]
    assert len((tmp_path / "asked").read_text().splitlines()) == 1  # the answer is kept for a while


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (None, ["NVIDIA L4", "Tesla T4"]), ("1,0", ["Tesla T4", "NVIDIA L4"]), ("GPU-bb", ["Tesla T4"]), ("", []),
        ("-1", []), ("1,7,0", ["Tesla T4"]), ("NoDevFiles", []),
    ],
)  # fmt: skip
def test_cuda_shows_only_what_it_is_told(chosen, names):
    found = gpus.visible(gpus.parse(CARDS), chosen)
    assert [device.title for device in found] == names
    assert [device.name for device in found] == [f"cuda:{number}" for number in range(len(names))]


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'", "echo 'a, b, [N/A], 3'", "kill -9 $$"])
def test_a_tool_that_fails_means_no_gpu(tool, script):
    tool(script)
    assert gpus.gpus() == []


def test_a_tool_that_hangs_is_not_waited_for(tool, monkeypatch):
    monkeypatch.setattr(gpus, "PATIENCE", 0.1)
    tool("exec sleep 60")
    assert gpus.gpus() == []


def test_without_the_tool_there_is_no_gpu(monkeypatch, tmp_path):
    monkeypatch.setattr(gpus, "_kept", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.gpus() == []


def test_a_processors_torch_uses_no_gpu(tool, monkeypatch):
    tool(f"printf '{CARDS}'")
    for version, count in (("2.13.0+cpu", 0), ("2.13.0", 2), ("2.13.0+cu126", 2)):
        monkeypatch.setattr(gpus.metadata, "version", lambda name, version=version: version)
        assert len(gpus.usable_gpus()) == count


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse2 avx avx2 fma\n", True),
        ("processor\t: 0\nflags\t\t: fpu sse2 avx\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", True),  # ARM
    ],
)
def test_old_processors(tmp_path, text, runs):
    (tmp_path / "cpuinfo").write_text(text)
    assert machine.few_bits_run(tmp_path / "cpuinfo") == runs
    assert machine.few_bits_run(tmp_path / "absent")
