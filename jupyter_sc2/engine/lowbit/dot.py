"""Four products and their sum in each lane: the one step of the kernels that differs between processors.

Weights are stored without a sign (plus 8 or 128), since x86 multiplies unsigned by signed bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from llvmlite import ir

if TYPE_CHECKING:
    from jupyter_sc2.engine.lowbit.writer import Writer

I8, I16, I32 = (ir.IntType(bits) for bits in (8, 16, 32))


def lanes(kind: ir.Type, value: int) -> ir.Constant:
    """The same whole number in every lane."""
    return ir.Constant(kind, [value] * kind.count)


def pieces(build: Writer, value: ir.Value, count: int) -> list[ir.Value]:
    """`value` cut into vectors of `count` elements."""
    if value.type.count == count:
        return [value]
    empty = ir.Constant(value.type, ir.Undefined)
    starts = range(0, value.type.count, count)
    picks = [ir.Constant(ir.VectorType(I32, count), list(range(start, start + count))) for start in starts]
    return [build.shuffle_vector(value, empty, pick) for pick in picks]


def joined(build: Writer, parts: list[ir.Value]) -> ir.Value:
    """The inverse of `pieces`."""
    while len(parts) > 1:
        count = 2 * parts[0].type.count
        order = ir.Constant(ir.VectorType(I32, count), list(range(count)))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [build.shuffle_vector(one, other, order) for one, other in pairs]
    return parts[0]


class Dot(ABC):
    """For weights of `bits`. `rows` of a tile and one strip fit into the registers, each of `width` bytes.

    `signed`: weights of 8 bits get their sign back before they are multiplied; those of 4 bits fit either way.
    """

    rows: int
    width: int
    signed = False

    def __init__(self, bits: int) -> None:
        self.bits = bits

    @property
    def zero_point(self) -> int:
        """What the weights are too large by when they are multiplied."""
        return 0 if self.signed and self.bits == 8 else 1 << (self.bits - 1)

    def unpack(self, build: Writer, packed: ir.Value) -> list[ir.Value]:
        """64 stored bytes -> for each group of four inputs, [column][4 weights]."""
        if self.bits == 8:
            return [build.xor(packed, lanes(packed.type, -128))] if self.signed else [packed]
        words = ir.VectorType(I16, 32)  # of bytes there is no shift on x86
        shifted = build.bitcast(build.lshr(build.bitcast(packed, words), lanes(words, 4)), packed.type)
        return [build.and_(packed, lanes(packed.type, 15)), build.and_(shifted, lanes(packed.type, 15))]

    def add(self, build: Writer, sums: ir.Value, weights: ir.Value, four: ir.Value) -> ir.Value:
        """sums [16] of 32 bits, each plus its column's four weights times the `four` activations (signed bytes)."""
        count = self.width // 4
        spread = build.bitcast(build.splat(four, count), ir.VectorType(I8, self.width))
        parts = zip(pieces(build, sums, count), pieces(build, weights, self.width), strict=True)
        return joined(build, [self.step(build, total, part, spread) for total, part in parts])

    @abstractmethod
    def step(self, build: Writer, sums: ir.Value, weights: ir.Value, numbers: ir.Value) -> ir.Value:
        """One register: sums [width / 4], weights and numbers [width]."""


class Vnni512(Dot):
    """x86 with AVX512-VNNI."""

    rows, width = 12, 64

    def step(self, build: Writer, sums: ir.Value, weights: ir.Value, numbers: ir.Value) -> ir.Value:
        return build.intrinsic(f"llvm.x86.avx512.vpdpbusd.{8 * self.width}", [sums, weights, numbers])


class Vnni256(Vnni512):
    """x86 with AVX-VNNI."""

    rows, width = 3, 32


class Avx2(Dot):
    """x86 without either: pairs of products are summed in 16 bits, which unsigned bytes would overflow.

    So |w| is multiplied by the activation with w's sign: 128 * 127 * 2 fits.
    """

    rows, width, signed = 2, 32, True

    def step(self, build: Writer, sums: ir.Value, weights: ir.Value, numbers: ir.Value) -> ir.Value:
        words = ir.VectorType(I16, 16)
        if self.bits == 8:
            numbers = build.intrinsic("llvm.x86.avx2.psign.b", [numbers, weights])
            weights = build.intrinsic("llvm.abs.v32i8", [weights, ir.Constant(ir.IntType(1), 0)])
        pairs = build.intrinsic("llvm.x86.avx2.pmadd.ub.sw", [weights, numbers], words)
        return build.add(sums, build.intrinsic("llvm.x86.avx2.pmadd.wd", [pairs, lanes(words, 1)], sums.type))


class Neon(Dot):
    """ARM with SDOT. Compiled in tests, never run by us."""

    rows, width, signed = 3, 16, True

    def step(self, build: Writer, sums: ir.Value, weights: ir.Value, numbers: ir.Value) -> ir.Value:
        return build.intrinsic("llvm.aarch64.neon.sdot.v4i32.v16i8", [sums, weights, numbers])


class Plain(Dot):
    """Any processor."""

    rows, width = 2, 64

    def step(self, build: Writer, sums: ir.Value, weights: ir.Value, numbers: ir.Value) -> ir.Value:
        weights, numbers = build.bitcast(weights, sums.type), build.bitcast(numbers, sums.type)
        for place in range(4):
            up, down = lanes(sums.type, 24 - 8 * place), lanes(sums.type, 24)
            weight, number = build.lshr(build.shl(weights, up), down), build.ashr(build.shl(numbers, up), down)
            sums = build.add(sums, build.mul(weight, number))
        return sums


def choose(features: dict[str, bool]) -> type[Dot]:
    """The best for a processor's features, by LLVM's names."""
    if features.get("avx512vnni"):
        return Vnni512
    if features.get("avxvnni"):
        return Vnni256
    if features.get("avx2"):
        return Avx2
    return Neon if features.get("dotprod") else Plain
