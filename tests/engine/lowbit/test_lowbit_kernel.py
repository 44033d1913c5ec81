"""The compiled kernels against the same sums in torch, for each kind of processor that this one can stand in for."""

from pathlib import Path

import llvmlite.binding as llvm
import pytest
import torch
import torch.nn.functional as F

from jupyter_sc2.engine.lowbit import dot, jit, kernel
from jupyter_sc2.engine.lowbit.activations import Spec
from jupyter_sc2.engine.lowbit.linear import LowBitLinear
from jupyter_sc2.engine.lowbit.pack import pack, quantise, unpack

FEATURES = llvm.get_host_cpu_features()
NEEDS = {dot.Vnni512: "avx512vnni", dot.Vnni256: "avx512vl", dot.Avx2: "avx2"}
KINDS = [kind for kind in (dot.Vnni512, dot.Vnni256, dot.Avx2, dot.Plain) if FEATURES.get(NEEDS.get(kind), True)]


def layer(bits, dtype=torch.float32, kind=dot.Plain, gelu=False, columns=100, inputs=320):
    torch.manual_seed(0)
    packed = pack(*quantise(torch.randn(columns, inputs), bits), bits)
    made = LowBitLinear(packed, torch.arange(float(columns)) / 10, dtype, gelu)
    made.kernels = jit.kernels(bits, dtype == torch.bfloat16, gelu, kind)
    return made


def rounded(x):
    """x with each block of 64 as whole numbers of 8 bits, which the kernels multiply."""
    blocks = x.float().unflatten(1, (-1, 64))
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    return ((blocks / scale).round() * scale).flatten(1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [4, 8])
def test_products_are_exact_but_for_the_activations_rounding(bits, kind):
    """Every remainder of rows to a tile, and columns that fill no strip."""
    made = layer(bits, kind=kind)
    weight = unpack(made.packed, torch.arange(100))
    for rows in (1, 2, 3, 4, 5, 8, 11, 12, 13, 23, 25, 40):
        x = torch.randn(rows, 320)
        expected = F.linear(rounded(x), weight, torch.arange(100.0) / 10)
        assert torch.allclose(made(x), expected, atol=2e-2, rtol=1e-3), rows


@pytest.mark.parametrize("bits", [4, 8])
def test_every_kind_of_processor_gives_the_same(bits):
    x = torch.randn(13, 320)
    answers = [layer(bits, kind=kind)(x) for kind in KINDS]
    assert all(torch.allclose(answers[0], other, atol=1e-4, rtol=1e-5) for other in answers[1:])


def test_rows_do_not_depend_on_their_company():
    made = layer(4, kind=KINDS[0])
    x = torch.randn(40, 320)
    alone = torch.cat([made(row[None]) for row in x])
    assert torch.equal(made(x), alone)


def test_gelu():
    made, plain = layer(8, gelu=True, kind=KINDS[0]), layer(8, kind=KINDS[0])
    x = torch.randn(9, 320)
    assert torch.allclose(made(x), F.gelu(plain(x), approximate="tanh"), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_share_the_work(threads):
    made = layer(4, kind=KINDS[0])
    x = torch.randn(70, 320)
    expected = made(x)
    torch.set_num_threads(threads)
    assert torch.equal(made(x), expected)


def test_without_openmp_pythons_threads_do_it(monkeypatch):
    expected = layer(4)(torch.ones(50, 320))
    monkeypatch.setattr(jit, "openmp", lambda: None)
    jit.kernels.cache_clear()
    try:
        torch.set_num_threads(3)
        assert torch.equal(layer(4)(torch.ones(50, 320)), expected)
    finally:
        jit.kernels.cache_clear()


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """An empty folder for torch's libraries. What was compiled before is forgotten, and afterwards what is compiled."""
    folder = tmp_path / "torch/lib"
    folder.mkdir(parents=True)
    monkeypatch.setattr(torch, "__file__", str(folder.parent / "__init__.py"))
    jit.openmp.cache_clear()
    jit.kernels.cache_clear()
    yield folder
    jit.openmp.cache_clear()
    jit.kernels.cache_clear()


OPENMP = jit.openmp()


def test_an_openmp_that_cannot_be_loaded_is_none(libraries):
    """Of another processor, or cut off: Python's threads do the work."""
    (libraries / "libgomp.so.1").write_bytes(b"no library")
    assert jit.openmp() is None
    torch.set_num_threads(3)
    made, x = layer(4), torch.ones(50, 320)
    expected = made(x)
    torch.set_num_threads(1)
    assert torch.equal(made(x), expected)


@pytest.mark.skipif(OPENMP is None, reason="torch brings no OpenMP library here")
def test_the_next_openmp_is_taken(libraries):
    """Neither a file that is no library nor a library without GNU's interface is in its way."""
    (libraries / "libgomp.so.0").write_bytes(b"no library")
    (libraries / "libgomp.so.1").symlink_to(next(Path(llvm.__file__).parent.glob("*llvmlite.*")))
    (libraries / "libomp.so").symlink_to(OPENMP._name)
    assert jit.openmp()._name == str(libraries / "libomp.so")
    assert layer(4)(torch.ones(50, 320)).isfinite().all()


def test_bfloat16_is_rounded_to_the_nearest():
    x = torch.randn(5, 320).bfloat16()
    exact, made = layer(4, kind=KINDS[0])(x.float()), layer(4, torch.bfloat16, KINDS[0])(x)
    assert made.dtype == torch.bfloat16
    assert torch.equal(made, exact.bfloat16())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_is_no_number_stays_none(dtype):
    x = torch.randn(3, 320).to(dtype)
    x[1, 7] = float("nan")
    assert layer(4, dtype, KINDS[0])(x).isnan().any(dim=1).tolist() == [False, True, False]


def test_no_rows_give_no_rows():
    assert layer(4)(torch.empty(0, 320)).shape == (0, 100)


def test_activations_of_another_type_are_taken():
    """A kernel that read them as its own would read past their end."""
    made, x = layer(4, kind=KINDS[0]), torch.randn(3, 320).bfloat16()
    assert torch.equal(made(x), made(x.float()))


def test_zeros_give_the_bias():
    assert torch.equal(layer(4, kind=KINDS[0])(torch.zeros(2, 320))[1], torch.arange(100.0) / 10)


def test_the_largest_numbers_do_not_overflow():
    """Sums of 16 bits, where AVX2 makes some, would."""
    weight = torch.full((16, 64), -1.0)
    for bits in (4, 8):
        for kind in KINDS:
            made = LowBitLinear(pack(*quantise(weight, bits), bits), None, torch.float32)
            made.kernels = jit.kernels(bits, False, False, kind)
            assert torch.allclose(made(torch.full((1, 64), -3.0)), torch.full((1, 16), 192.0), rtol=1e-2)


def test_code_for_arm_compiles():
    """It is never run here."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for bits in (4, 8):
        made = dot.Neon(bits)
        target = llvm.Target.from_triple("aarch64-apple-darwin")
        machine = target.create_target_machine(cpu="apple-m1", features="+dotprod", opt=3)
        module = kernel.write(Spec(bits, made.rows, True), made)
        assert "sdot" in machine.emit_assembly(jit.optimise(str(module), machine))


def test_the_best_kind_is_chosen():
    assert dot.choose({"avx512vnni": True, "avx2": True}) is dot.Vnni512
    assert dot.choose({"avxvnni": True, "avx2": True}) is dot.Vnni256
    assert dot.choose({"avx2": True}) is dot.Avx2
    assert dot.choose({"dotprod": True}) is dot.Neon
    assert dot.choose({}) is dot.Plain
