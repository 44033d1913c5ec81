"""What fits which machine, in numbers and in sentences."""

from pathlib import Path

import msgspec
import pytest

from jupyter_sc2.catalog import preflight
from jupyter_sc2.catalog.known import KNOWN, known
from jupyter_sc2.catalog.memory import needs, weight_bytes
from jupyter_sc2.catalog.recommend import recommend
from jupyter_sc2.catalog.speed import pace_in_words, reads_per_second, writes_per_second
from jupyter_sc2.catalog.verdict import size, verdict
from jupyter_sc2.messages import Device, Machine

GB = 10**9
THREE, SEVEN, FIFTEEN = (known(f"bigcode/starcoder2-{name}") for name in ("3b", "7b", "15b"))
INSTRUCT, BUILT_IN = known("bigcode/starcoder2-15b-instruct-v0.1"), known("built-in")


def machine(free=12.1, disk=40, cpus=8, gpu=None, few_bits=True):
    devices = [] if gpu is None else [Device("cuda:0", "NVIDIA L4", int(24 * GB), int(gpu * GB))]
    return Machine(cpus, 64 * GB, int(free * GB), int(disk * GB), "/models", devices, few_bits)


def test_judgement_of_each_precision():
    found = preflight.judge(THREE.config, machine(free=4))
    assert [(need.precision, need.fits) for need in found] == [
        ("float32", False), ("bfloat16", False), ("int8", True), ("int4", True),
    ]  # fmt: skip
    assert [need.bytes for need in found] == [needs(THREE.config, need.precision, 4096) for need in found]


def test_the_bound_is_exact():
    need = needs(THREE.config, "int4", 4096)
    one_less = msgspec.structs.replace(machine(), memory_free_bytes=need - 1)
    assert preflight.best_fit(THREE.config, msgspec.structs.replace(machine(), memory_free_bytes=need))
    assert preflight.best_fit(THREE.config, one_less) is None
    assert preflight.best_fit(THREE.config, one_less, context=1024)


def test_few_bits_on_a_processor_and_exact_numbers_on_a_gpu():
    assert preflight.best_fit(THREE.config, machine())[:2] == ("int4", "cpu")
    assert preflight.best_fit(BUILT_IN.config, machine())[:2] == ("bfloat16", "cpu")
    assert preflight.best_fit(THREE.config, machine(gpu=22))[:2] == ("bfloat16", "cuda:0")
    assert preflight.best_fit(FIFTEEN.config, machine(free=30, gpu=22))[:2] == ("int8", "cuda:0")
    assert preflight.best_fit(THREE.config, machine(gpu=1))[:2] == ("int4", "cpu")  # a small GPU is passed over


def test_a_converted_copy_passes_through_the_machines_memory():
    assert weight_bytes(FIFTEEN.config, "int8") > 12 * GB > weight_bytes(FIFTEEN.config, "int4")
    assert preflight.best_fit(FIFTEEN.config, machine(free=12, gpu=22))[:2] == ("int4", "cuda:0")


def test_old_processors_have_no_few_bits():
    old = machine(free=8, few_bits=False)
    assert preflight.best_fit(THREE.config, old)[:2] == ("bfloat16", "cpu")
    assert preflight.least(THREE.config, old).precision == "bfloat16"
    assert preflight.least(THREE.config, machine()).precision == "int4"


def test_what_fits_instead():
    assert preflight.instead(FIFTEEN, machine(free=9))[0] is SEVEN
    assert preflight.instead(FIFTEEN, machine(free=4))[0] is THREE
    assert preflight.instead(INSTRUCT, machine(free=1))[0] is BUILT_IN
    assert preflight.instead(FIFTEEN, machine(free=4), [BUILT_IN])[0] is BUILT_IN
    assert preflight.instead(FIFTEEN, machine(free=0.1)) is None


def test_disk_for_download_and_copy():
    assert preflight.disk_need(THREE, "int4", "absent") == THREE.download_bytes + weight_bytes(THREE.config, "int4")
    assert preflight.disk_need(THREE, "int4", "complete") == weight_bytes(THREE.config, "int4")
    assert preflight.disk_need(THREE, "bfloat16", "complete") == 0


def test_verdicts_in_sentences():
    assert verdict(THREE, machine(), "absent") == (
        "Fits with 4 bits: 2.5 GB of 12.1 GB free memory. By estimate about 16 tokens a second. "
        "Needs 12.1 GB to download and 1.7 GB for the converted copy; 40.0 GB of disk are free."
    )
    assert verdict(THREE, machine(), "complete").endswith("tokens a second.")
    assert verdict(THREE, machine(gpu=22), "absent") == (
        "Fits on NVIDIA L4 with bfloat16: 7.4 GB of 22.0 GB free memory. "
        "Needs 12.1 GB to download; 40.0 GB of disk are free."
    )
    assert verdict(FIFTEEN, machine(free=4), "absent") == (
        "Does not fit: it needs 10.2 GB of memory with 4 bits, 4.0 GB are free. StarCoder2-3B fits: 2.5 GB with 4 bits."
    )
    assert "slow for ghost text" in verdict(FIFTEEN, machine(free=30), "absent")
    assert "only 5.0 GB of disk are free" in verdict(THREE, machine(disk=5), "absent")
    assert verdict(BUILT_IN, machine(), "complete") == "Fits with bfloat16: 0.5 GB of 12.1 GB free memory."


@pytest.mark.parametrize(
    ("given", "role", "weights", "precision", "says"),
    [
        (machine(), None, "bigcode/starcoder2-3b", "int4", "StarCoder2-15B: would leave little"),
        (machine(free=50), "ghost", "bigcode/starcoder2-3b", "int4", "StarCoder2-15B: too slow on this processor"),
        (machine(free=50, disk=99, cpus=16), "magic", INSTRUCT.weights, "int4", "about 3 tokens a second by estimate"),
        (machine(free=50, cpus=2), "magic", "bigcode/starcoder2-3b", "int4", "StarCoder2-15B-Instruct: too slow"),
        (machine(free=50, cpus=2), "chat", "bigcode/starcoder2-3b", "int4", "A base model"),
        (machine(free=50, gpu=78, disk=200), "ghost", "bigcode/starcoder2-15b", "bfloat16", "on NVIDIA L4"),
        (machine(free=50, gpu=78, disk=200), "chat", "HuggingFaceH4/starchat2-15b-v0.1", "bfloat16", "on NVIDIA L4"),
        (machine(free=50, gpu=22, disk=200), "ghost", "bigcode/starcoder2-15b", "int8", "18.3 GB of 22.0 GB"),
        (machine(free=2), None, "built-in", "auto", "StarCoder2-3B: does not fit: it needs 2.5 GB"),
        (machine(disk=9), None, "built-in", "auto", "StarCoder2-3B: needs 13.8 GB of disk, 9.0 GB are free"),
        (machine(few_bits=False), None, "built-in", "auto", "StarCoder2-3B: too slow on this processor"),
        (machine(free=0.1), None, "built-in", "auto", "Nothing that may be used here fits"),
    ],
)
def test_recommendations(given, role, weights, precision, says):
    found = recommend(KNOWN, given, role)
    assert (found.weights, found.precision) == (weights, precision)
    assert says in found.reason


def test_what_is_here_needs_no_disk():
    full = machine(disk=2)
    assert recommend(KNOWN, full).weights == "built-in"
    assert recommend(KNOWN, full, complete=["bigcode/starcoder2-3b"]).weights == "bigcode/starcoder2-3b"


def test_only_what_is_allowed_is_recommended():
    assert recommend([SEVEN, BUILT_IN], machine(gpu=22)).weights == SEVEN.weights
    mine = msgspec.structs.replace(THREE, weights="/models/mine", download_bytes=0)
    assert recommend([mine, BUILT_IN], machine(free=50)).weights == "built-in"
    assert recommend([mine], machine(free=50)).weights == "/models/mine"
    assert recommend([], machine()).weights == "built-in"


def test_the_estimate_is_what_was_measured():
    """docs/performance.md: 15.6 to 18 ids a second with 4 bits, 6.4 to 6.8 with 8, 2.0 with bfloat16; 107.8 read."""
    for precision, pace in (("int4", 15.6), ("int8", 6.7), ("bfloat16", 2.0)):
        assert writes_per_second(THREE.config, precision) == pytest.approx(pace, rel=0.05)
    assert reads_per_second(THREE.config, cpus=4) == pytest.approx(107.8, rel=0.05)
    assert pace_in_words(FIFTEEN.config, "float32") == "less than one token a second"
    assert pace_in_words(SEVEN.config, "float32") == "less than one token a second"
    assert pace_in_words(FIFTEEN.config, "int8") == "about one token a second"


def test_sizes_in_words():
    assert [size(n) for n in (11_711_392, 462 * 10**6, 12_124_785_312, 200 * GB)] == [
        "12 MB", "0.5 GB", "12.1 GB", "200 GB",
    ]  # fmt: skip


def test_the_documentation_says_the_same():
    text = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    for entry in KNOWN:
        needed = [size(needs(entry.config, precision, 4096)) for precision in ("int4", "int8", "bfloat16")]
        download = size(entry.download_bytes) if entry.download_bytes else "in the package"
        cells = [f"`{entry.weights}`", entry.kind, download, *needed, str(entry.language_count), entry.licence_name]
        assert f"| {' | '.join(cells)} |" in text
