"""Activations on both sides of a low-bit layer: to whole numbers of 8 bits, and back from float32."""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from jupyter_sc2.engine.lowbit import BLOCK, LANES
from jupyter_sc2.engine.lowbit.writer import (
    F32,
    I8,
    I16,
    I32,
    I64,
    POINTER,
    Loop,
    Part,
    Writer,
    constant,
    function,
    vector,
)


@dataclass(frozen=True)
class Spec:
    """`rows` of a tile; activations are bfloat16 or float32, on both sides of the layer; `gelu` is applied to y."""

    bits: int
    rows: int
    bfloat16: bool
    gelu: bool = False

    @property
    def groups(self) -> int:
        """Of four inputs, in 64 bytes of weights."""
        return 8 // self.bits

    @property
    def strip_bytes(self) -> int:
        """Of the weights of one block."""
        return LANES * BLOCK * self.bits // 8


def to_floats(build: Writer, spec: Spec, base: ir.Value, offset: ir.Value | int) -> ir.Value:
    """LANES activations as float32; `offset` in bytes."""
    address = build.at(base, offset)
    if not spec.bfloat16:
        return build.load(address, align=4, typ=vector(F32))
    halves = build.zext(build.load(address, align=2, typ=vector(I16)), vector(I32))
    return build.bitcast(build.shl(halves, constant(vector(I32), 16)), vector(F32))


def store_floats(build: Writer, spec: Spec, value: ir.Value, base: ir.Value, offset: ir.Value | int) -> None:
    """float32 lanes as activations, rounded to the nearest, ties to even."""
    address = build.at(base, offset)
    if not spec.bfloat16:
        build.store(value, address, align=4)
        return
    kind = vector(I32)
    whole = build.bitcast(value, kind)
    odd = build.and_(build.lshr(whole, constant(kind, 16)), constant(kind, 1))
    rounded = build.lshr(build.add(whole, build.add(odd, constant(kind, 0x7FFF))), constant(kind, 16))
    # Rounding would turn a NaN with few bits into infinity.
    nan = build.fcmp_unordered("uno", value, value)
    kept = build.select(nan, constant(kind, 0x7FC0), rounded)
    build.store(build.trunc(kept, vector(I16)), address, align=2)


def write_quantise(module: ir.Module, spec: Spec, zero_point: int) -> None:
    """`quantise(job, part, parts)`: a part of the tiles of x [rows, K] to q, xscale and zero. Job: see `jit.Quantise`.

    An activation that is not a number makes its whole block's scale one.
    """
    build, (job, part, parts) = function(module, "quantise", [POINTER, I64, I64])
    x, q, xscale, zero = (build.get(POINTER, job, 8 * field, 8) for field in range(4))
    blocks, rows = (build.get(I64, job, 8 * field, 8) for field in range(4, 6))
    size = 2 if spec.bfloat16 else 4
    tiles = build.udiv(build.add(rows, I64(spec.rows - 1)), I64(spec.rows))
    over_tiles = Part(build, tiles, part, parts)
    row0 = build.times(over_tiles.index, spec.rows)
    left = build.sub(rows, row0)
    count = build.select(build.icmp_unsigned("<", left, I64(spec.rows)), left, I64(spec.rows))
    over_rows = Loop(build, count)
    source = build.at(x, build.times(build.mul(build.add(row0, over_rows.index), blocks), BLOCK * size))
    over_blocks = Loop(build, blocks)
    place = build.add(build.mul(row0, blocks), build.add(build.mul(over_blocks.index, count), over_rows.index))
    start = build.times(over_blocks.index, BLOCK * size)
    parts_of_block = range(0, BLOCK, LANES)
    values = [to_floats(build, spec, source, build.add(start, I64(at * size))) for at in parts_of_block]
    largest = None
    for value in values:
        magnitude = build.intrinsic(f"llvm.fabs.v{LANES}f32", [value])
        largest = magnitude if largest is None else build.intrinsic(f"llvm.maximum.v{LANES}f32", [largest, magnitude])
    top = build.intrinsic(f"llvm.vector.reduce.fmaximum.v{LANES}f32", [largest], F32)
    small = build.fcmp_ordered("<", top, F32(1e-30))
    inverse = build.splat(build.select(small, F32(0.0), build.fdiv(F32(127.0), top)))
    total = constant(vector(I32), 0)
    target = build.at(q, build.times(place, BLOCK))
    for at, value in zip(parts_of_block, values, strict=True):
        rounded = build.intrinsic(f"llvm.rint.v{LANES}f32", [build.fmul(value, inverse)])
        whole = build.intrinsic(f"llvm.fptosi.sat.v{LANES}i32.v{LANES}f32", [rounded], vector(I32))
        total = build.add(total, whole)
        build.store(build.trunc(whole, vector(I8)), build.at(target, at), align=16)
    place = build.times(place, 4)
    build.store(build.fdiv(top, F32(127.0)), build.at(xscale, place), align=4)
    summed = build.intrinsic(f"llvm.vector.reduce.add.v{LANES}i32", [total], I32)
    build.store(build.mul(summed, I32(-zero_point)), build.at(zero, place), align=4)
    over_blocks.end()
    over_rows.end()
    over_tiles.end()
