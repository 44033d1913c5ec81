"""The kernels, compiled for this processor and run on torch's own threads."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import llvmlite.binding as llvm
import torch
from llvmlite import ir

from jupyter_sc2.engine.lowbit import dot, kernel, rounding
from jupyter_sc2.engine.lowbit.activations import Spec
from jupyter_sc2.engine.lowbit.writer import write_member

# A register of 64 bytes is used only where it is asked for.
WIDE = '{ nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
Job = ctypes.Structure
Run = Callable[[Job, int], None]


class Multiply(Job):
    """What `multiply` is told: addresses as in `kernel`, then counts; `pitch` is bytes between rows of y."""

    _fields_: ClassVar = [
        *((name, ctypes.c_void_p) for name in ("weights", "scale", "q", "xscale", "zero", "bias", "y")),
        *((name, ctypes.c_int64) for name in ("strips", "blocks", "rows", "pitch")),
    ]


class Quantise(Job):
    _fields_: ClassVar = [
        *((name, ctypes.c_void_p) for name in ("x", "q", "xscale", "zero")),
        *((name, ctypes.c_int64) for name in ("blocks", "rows")),
    ]


class Round(Job):
    """What `rounding` is told: float32 weights, whole numbers, float16 scales, and how many blocks there are."""

    _fields_: ClassVar = [*((name, ctypes.c_void_p) for name in ("x", "numbers", "scales")), ("blocks", ctypes.c_int64)]


@dataclass(frozen=True)
class Kernels:
    """`multiply(job, threads)` and `quantise(job, threads)` return when the work is done. `rows` make a tile."""

    rows: int
    multiply: Run
    quantise: Run
    engine: llvm.ExecutionEngine  # owns the code


@lru_cache
def kernels(bits: int, bfloat16: bool, gelu: bool = False, kind: type[dot.Dot] | None = None) -> Kernels:
    """Compiled once for each format; under a second. `kind` is for tests: this processor's best is the default."""
    made = (kind or dot.choose(llvm.get_host_cpu_features()))(bits)
    module = kernel.write(Spec(bits, made.rows, bfloat16, gelu), made)
    engine, multiply, quantise = build(module, "multiply", "quantise")
    return Kernels(made.rows, multiply, quantise, engine)


@lru_cache
def rounder(bits: int) -> tuple[Run, llvm.ExecutionEngine]:
    engine, run = build(rounding.write(bits), "round")
    return run, engine


def build(module: ir.Module, *names: str) -> list[Any]:
    """The compiled code's owner, and a way to run each function on several threads."""
    way = by_openmp if openmp() else by_threads
    if way is by_openmp:
        for name in names:
            write_member(module, name)
    machine = this_machine()
    engine = llvm.create_mcjit_compiler(optimise(str(module), machine), machine)
    engine.finalize_object()
    return [engine, *(way(engine, name) for name in names)]


def this_machine() -> llvm.TargetMachine:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


def optimise(code: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    """LLVM code, checked and optimised for `machine`."""
    code = re.sub(r"^(define [^{]*)\{", r"\1 #0 {", code, flags=re.MULTILINE)
    module = llvm.parse_assembly(f"{code}\nattributes #0 = {WIDE}\n")
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    return module


@lru_cache
def openmp() -> ctypes.CDLL | None:
    """The OpenMP library whose threads torch uses, when it can be loaded and offers GNU's interface; else None."""
    folder = Path(torch.__file__).parent
    for pattern in ("lib/libgomp*", "../torch.libs/libgomp*", "lib/libomp*", "lib/libiomp5*"):
        for path in sorted(folder.glob(pattern)):
            with suppress(OSError, AttributeError):  # of another processor, without what it needs, or without a name
                return _with_symbols(ctypes.CDLL(str(path)))
    return None


def _with_symbols(library: ctypes.CDLL) -> ctypes.CDLL:
    """Tells LLVM where the functions are that kernels call. Raises AttributeError when one is missing."""
    address = ctypes.c_void_p
    library.GOMP_parallel.argtypes = [address, address, ctypes.c_uint, ctypes.c_uint]
    names = ("omp_get_thread_num", "omp_get_num_threads")
    for name, function in [(name, getattr(library, name)) for name in names]:
        llvm.add_symbol(name, ctypes.cast(function, address).value)
    return library


def by_openmp(engine: llvm.ExecutionEngine, name: str) -> Run:
    """Beside torch's own work in torch's own threads: two pools would keep each other from the cores."""
    member = engine.get_function_address(f"{name}_member")
    parallel = openmp().GOMP_parallel  # type: ignore[union-attr]
    return lambda job, threads: parallel(member, ctypes.addressof(job), threads, 0)


def by_threads(engine: llvm.ExecutionEngine, name: str) -> Run:
    """Where torch's threads cannot be had: Python's, which wait for the interpreter's lock only between parts."""
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    part = prototype(engine.get_function_address(name))

    def run(job: Job, threads: int) -> None:
        address = ctypes.addressof(job)
        others = [helpers(threads).submit(part, address, number, threads) for number in range(1, threads)]
        part(address, 0, threads)
        for other in others:
            other.result()

    return run


@lru_cache(maxsize=1)
def helpers(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, threads - 1))
