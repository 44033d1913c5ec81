"""The inner loops of low-bit linear layers, as LLVM code for one kind of processor.

    y[m, n] = bias[n] + sum over blocks b of  scale[n, b] * xscale[m, b] * sum over k in b of  w[n, k] * q[m, k]

`w` are whole numbers of 4 or 8 bits, `q` the activations as whole numbers of 8 bits, both with one scale for each block
of BLOCK inputs. Inner sums are exact, in 32 bits. Outputs come in strips of LANES columns. Layouts, outermost first:

    weights      [strip][k / 8][column][4 bytes]: 4 bits: low half k % 8 < 4, high half the others; stored plus 8
                 [strip][k / 4][column][4 bytes]: 8 bits; stored plus 128
    scale        [strip][block][column], float16
    q            [tile][block][row][k in block]: a tile is as many rows as the registers hold, the last one what is left
    xscale, zero [tile][block][row]; zero is what the inner sum starts with: -(8 or 128) * sum of q
"""

from __future__ import annotations

from llvmlite import ir

from jupyter_sc2.engine.lowbit import BLOCK, LANES
from jupyter_sc2.engine.lowbit.activations import Spec, store_floats, write_quantise
from jupyter_sc2.engine.lowbit.dot import Dot
from jupyter_sc2.engine.lowbit.writer import (
    F16,
    F32,
    I8,
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

AHEAD = 4096  # bytes: weights that a tile of several rows will need are asked for early
# 2 ** x for -0.5 <= x <= 0.5, as a polynomial: least squares at Chebyshev points, relative error 1e-7
EXP2 = (1.00000008, 0.69314721, 0.24022107, 0.05550327, 0.00967604, 0.00134004)


def gelu(build: Writer, x: ir.Value) -> ir.Value:
    """tanh-GELU: 0.5 x (1 + tanh u) = x / (1 + exp(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    kind = vector(I32)

    def floats(value: float) -> ir.Constant:
        return constant(vector(F32), value)

    cube = build.fmul(build.fmul(x, x), x)
    inner = build.fadd(x, build.fmul(cube, floats(0.044715)))
    power = build.fmul(inner, floats(-2.0 * 0.7978845608028654 * 1.4426950408889634))  # of 2
    power = build.intrinsic(f"llvm.minnum.v{LANES}f32", [power, floats(126.0)])
    power = build.intrinsic(f"llvm.maxnum.v{LANES}f32", [power, floats(-126.0)])
    whole = build.intrinsic(f"llvm.rint.v{LANES}f32", [power])
    rest = build.fsub(power, whole)
    value = floats(EXP2[-1])
    for factor in reversed(EXP2[:-1]):
        value = build.intrinsic(f"llvm.fma.v{LANES}f32", [value, rest, floats(factor)])
    exponent = build.intrinsic(f"llvm.fptosi.sat.v{LANES}i32.v{LANES}f32", [whole], kind)
    scaled = build.add(build.bitcast(value, kind), build.shl(exponent, constant(kind, 23)))
    return build.fdiv(x, build.fadd(floats(1.0), build.bitcast(scaled, x.type)))


def write_tile(module: ir.Module, spec: Spec, dot: Dot, rows: int) -> ir.Function:
    """`rows` rows times one strip: (w, scale, q, xscale, zero, bias, y, blocks, bytes of a row of y)."""
    build, (w, scale, q, xscale, zero, bias, y, blocks, pitch) = function(
        module, f"tile{rows}", [POINTER] * 7 + [I64] * 2
    )
    sums = 4 if rows <= 2 else 2 if rows <= 4 else 1  # independent ones for each row hide an instruction's latency
    over_blocks = Loop(build, blocks, [constant(vector(F32), 0.0)] * rows)
    first = build.times(over_blocks.index, 4 * rows)
    inner = []
    for row in range(rows):
        start = build.splat(build.get(I32, zero, build.add(first, I64(4 * row)), 4))
        inner += [start, *[constant(vector(I32), 0)] * (sums - 1)]
    weights = build.at(w, build.times(over_blocks.index, spec.strip_bytes))
    numbers = build.at(q, build.times(over_blocks.index, rows * BLOCK))
    steps = spec.strip_bytes // 64
    unrolled = steps if rows <= 4 else 1  # with many rows LLVM would load all weights first and run out of registers
    over_steps = Loop(build, I64(steps // unrolled), inner)
    inner = list(over_steps.carried)
    weights = build.at(weights, build.times(over_steps.index, 64 * unrolled))
    numbers = build.at(numbers, build.times(over_steps.index, 4 * unrolled * spec.groups))
    for step in range(unrolled):
        packed = build.get(vector(I8, 64), weights, 64 * step, 64)
        if rows > 2:
            place = build.at(weights, 64 * step + AHEAD)
            build.intrinsic("llvm.prefetch.p0", [place, I32(0), I32(2), I32(1)], ir.VoidType())
        for group, part in enumerate(dot.unpack(build, packed), step * spec.groups):
            for row in range(rows):
                place = sums * row + group % sums
                four = build.get(I32, numbers, row * BLOCK + 4 * group, 4)
                inner[place] = dot.add(build, inner[place], part, four)
    inner = over_steps.end(inner)
    columns = build.fpext(build.get(vector(F16), scale, build.times(over_blocks.index, 2 * LANES), 32), vector(F32))
    outer = []
    for row in range(rows):
        total = inner[sums * row]
        for other in inner[sums * row + 1 : sums * (row + 1)]:
            total = build.add(total, other)
        own = build.splat(build.get(F32, xscale, build.add(first, I64(4 * row)), 4))
        addends = [build.sitofp(total, vector(F32)), build.fmul(columns, own), over_blocks.carried[row]]
        outer.append(build.intrinsic(f"llvm.fma.v{LANES}f32", addends))
    outer = over_blocks.end(outer)
    start = build.get(vector(F32), bias, 0, 64)
    for row in range(rows):
        value = build.fadd(outer[row], start)
        store_floats(build, spec, gelu(build, value) if spec.gelu else value, y, build.mul(I64(row), pitch))
    build.ret_void()
    return build.function


def write_multiply(module: ir.Module, spec: Spec, dot: Dot) -> None:
    """`multiply(job, part, parts)`: a part of the strips, all rows. Job: see `jit.Multiply`."""
    tiles = [write_tile(module, spec, dot, rows) for rows in range(1, spec.rows + 1)]
    build, (job, part, parts) = function(module, "multiply", [POINTER, I64, I64])
    w, scale, q, xscale, zero, bias, y = (build.get(POINTER, job, 8 * field, 8) for field in range(7))
    strips, blocks, rows, pitch = (build.get(I64, job, 8 * field, 8) for field in range(7, 11))
    over_strips = Part(build, strips, part, parts)
    strip = over_strips.index
    in_strip = build.mul(strip, blocks)
    fixed = [build.at(w, build.times(in_strip, spec.strip_bytes)), build.at(scale, build.times(in_strip, 2 * LANES))]
    bias = build.at(bias, build.times(strip, 4 * LANES))
    y = build.at(y, build.times(strip, LANES * (2 if spec.bfloat16 else 4)))
    over_tiles = Loop(build, build.udiv(build.add(rows, I64(spec.rows - 1)), I64(spec.rows)))
    row = build.times(over_tiles.index, spec.rows)
    before = build.mul(row, blocks)
    own = [build.at(q, build.times(before, BLOCK)), build.at(xscale, build.times(before, 4))]
    own += [build.at(zero, build.times(before, 4)), bias, build.at(y, build.mul(row, pitch)), blocks, pitch]
    done = build.append_basic_block("tiled")
    cases = [build.append_basic_block(f"rows{count}") for count in range(1, spec.rows + 1)]
    switch = build.switch(build.sub(rows, row), cases[-1])
    for count, (case, tile) in enumerate(zip(cases, tiles, strict=True), 1):
        if count < spec.rows:
            switch.add_case(I64(count), case)
        build.position_at_end(case)
        build.call(tile, [*fixed, *own])
        build.branch(done)
    build.position_at_end(done)
    over_tiles.end()
    over_strips.end()


def write(spec: Spec, dot: Dot) -> ir.Module:
    module = ir.Module(f"lowbit{spec.bits}")
    write_multiply(module, spec, dot)
    write_quantise(module, spec, dot.zero_point)
    return module
