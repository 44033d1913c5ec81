"""Weights to whole numbers, as LLVM code: for each block the scale, of some, that gives the least squared error.

The number of the largest magnitude is negative, of which there is one more, so a scale has the sign of the other side.
A scale below the largest weight's clips that weight and rounds the others better.
"""

from __future__ import annotations

from llvmlite import ir

from jupyter_sc2.engine.lowbit import BLOCK, LANES
from jupyter_sc2.engine.lowbit.writer import F16, F32, I8, I32, I64, POINTER, Part, constant, function, vector

SHRINK = [1.08 - 0.03 * step for step in range(14)]  # of the scale that the largest weight needs


def write_round(module: ir.Module, bits: int) -> None:
    """`round(job, part, parts)`: a part of the blocks. Job: see `jit.Round`."""
    build, (job, part, parts) = function(module, "round", [POINTER, I64, I64])
    x, numbers, scales = (build.get(POINTER, job, 8 * field, 8) for field in range(3))
    count = build.get(I64, job, 24, 8)
    blocks = Part(build, count, part, parts)
    block = blocks.index
    starts = range(0, BLOCK, LANES)
    source = build.at(x, build.times(block, 4 * BLOCK))
    values = [build.get(vector(F32), source, 4 * start, 4) for start in starts]
    low, high = values[0], values[0]
    for value in values[1:]:
        low = build.intrinsic(f"llvm.minimum.v{LANES}f32", [low, value])
        high = build.intrinsic(f"llvm.maximum.v{LANES}f32", [high, value])
    lowest = build.intrinsic(f"llvm.vector.reduce.fminimum.v{LANES}f32", [low], F32)
    highest = build.intrinsic(f"llvm.vector.reduce.fmaximum.v{LANES}f32", [high], F32)
    larger = build.fcmp_ordered(">", build.fneg(lowest), highest)
    largest = build.select(larger, lowest, highest)
    zero = 1 << (bits - 1)
    best = None
    for shrink in SHRINK if bits == 4 else [1.0]:
        scale = build.fptrunc(build.fmul(largest, F32(-shrink / zero)), F16)
        exact = build.fpext(scale, F32)
        nothing = build.fcmp_ordered("==", exact, F32(0.0))
        inverse = build.splat(build.select(nothing, F32(0.0), build.fdiv(F32(1.0), exact)))
        wide = build.splat(exact)
        tried, error = [], constant(vector(F32), 0.0)
        for value in values:
            whole = build.intrinsic(f"llvm.rint.v{LANES}f32", [build.fmul(value, inverse)])
            whole = build.intrinsic(f"llvm.maxnum.v{LANES}f32", [whole, constant(vector(F32), -zero)])
            whole = build.intrinsic(f"llvm.minnum.v{LANES}f32", [whole, constant(vector(F32), zero - 1)])
            miss = build.fsub(build.fmul(whole, wide), value)
            error = build.intrinsic(f"llvm.fma.v{LANES}f32", [miss, miss, error])
            tried.append(whole)
        total = build.intrinsic(f"llvm.vector.reduce.fadd.v{LANES}f32", [F32(0.0), error], F32)
        if best is not None:
            better = build.fcmp_ordered("<", total, best[0])
            total, scale = build.select(better, total, best[0]), build.select(better, scale, best[1])
            tried = [build.select(better, new, old) for new, old in zip(tried, best[2], strict=True)]
        best = total, scale, tried
    assert best is not None
    target = build.at(numbers, build.times(block, BLOCK))
    for start, whole in zip(starts, best[2], strict=True):
        raised = build.add(build.fptosi(whole, vector(I32)), constant(vector(I32), zero))
        build.store(build.trunc(raised, vector(I8)), build.at(target, start), align=1)
    build.store(best[1], build.at(scales, build.times(block, 2)), align=2)
    blocks.end()


def write(bits: int) -> ir.Module:
    module = ir.Module(f"rounding{bits}")
    write_round(module, bits)
    return module
