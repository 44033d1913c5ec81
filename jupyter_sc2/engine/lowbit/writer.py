"""LLVM code with the few idioms that the kernels need: vectors, loops, a part of the work for each thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from jupyter_sc2.engine.lowbit import LANES

I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))
F16, F32, POINTER = ir.HalfType(), ir.FloatType(), ir.PointerType()


def vector(kind: ir.Type, count: int = LANES) -> ir.VectorType:
    return ir.VectorType(kind, count)


def constant(kind: ir.Type, value: float) -> ir.Constant:
    """The same number in every lane."""
    return ir.Constant(kind, [value] * kind.count)


class Writer(ir.IRBuilder):  # type: ignore[misc] # llvmlite has no types
    """llvmlite's builder with the few idioms that the kernels need."""

    def get(self, kind: ir.Type, base: ir.Value, offset: ir.Value | int, align: int) -> ir.Value:
        """A `kind` that stands `offset` bytes behind `base`."""
        return self.load(self.at(base, offset), align=align, typ=kind)

    def at(self, base: ir.Value, offset: ir.Value | int) -> ir.Value:
        """The address `offset` bytes behind `base`."""
        return self.gep(base, [I64(offset) if isinstance(offset, int) else offset], source_etype=I8)

    def times(self, value: ir.Value, factor: int) -> ir.Value:
        return self.mul(value, I64(factor))

    def splat(self, value: ir.Value, count: int = LANES) -> ir.Value:
        """`value` in every lane."""
        empty = ir.Constant(vector(value.type, count), ir.Undefined)
        first = ir.Constant(vector(I32, count), [0] * count)
        return self.shuffle_vector(self.insert_element(empty, value, I32(0)), empty, first)

    def intrinsic(self, name: str, arguments: Sequence[ir.Value], result: ir.Type | None = None) -> ir.Value:
        kinds = [argument.type for argument in arguments]
        known = self.module.globals.get(name)
        declared = known or ir.Function(self.module, ir.FunctionType(result or kinds[0], kinds), name)
        return self.call(declared, arguments)


class Loop:
    """Runs what is built between here and `end` for `index` from 0 to below count, which is > 0; `carried` go along."""

    def __init__(self, build: Writer, count: ir.Value, carried: Sequence[ir.Value] = ()) -> None:
        self.build, self.count = build, count
        before = build.block
        self.head = build.append_basic_block("loop")
        build.branch(self.head)
        build.position_at_end(self.head)
        self.phis = []
        for start in (I64(0), *carried):
            phi = build.phi(start.type)
            phi.add_incoming(start, before)
            self.phis.append(phi)
        self.index, self.carried = self.phis[0], self.phis[1:]

    def end(self, carry: Sequence[ir.Value] = ()) -> list[ir.Value]:
        build = self.build
        following = build.add(self.index, I64(1))
        for phi, value in zip(self.phis, (following, *carry), strict=True):
            phi.add_incoming(value, build.block)
        done = build.append_basic_block("done")
        build.cbranch(build.icmp_unsigned("<", following, self.count), self.head, done)
        build.position_at_end(done)
        return list(carry)


def function(module: ir.Module, name: str, arguments: Sequence[ir.Type]) -> tuple[Writer, Any]:
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)
    return Writer(made.append_basic_block("entry")), made.args


class Part:
    """Of `count` things those of `part` of `parts`, from `first` on; ends a function without a result."""

    def __init__(self, build: Writer, count: ir.Value, part: ir.Value, parts: ir.Value) -> None:
        self.build = build
        self.first = build.udiv(build.mul(count, part), parts)
        last = build.udiv(build.mul(count, build.add(part, I64(1))), parts)
        some, self.after = build.append_basic_block("some"), build.append_basic_block("after")
        build.cbranch(build.icmp_unsigned("<", self.first, last), some, self.after)
        build.position_at_end(some)
        self.loop = Loop(build, build.sub(last, self.first))
        self.index = build.add(self.first, self.loop.index)

    def end(self) -> None:
        self.loop.end()
        self.build.branch(self.after)
        self.build.position_at_end(self.after)
        self.build.ret_void()


def write_member(module: ir.Module, name: str) -> None:
    """`name` as the function (job) that each thread of an OpenMP team runs."""
    build, (job,) = function(module, f"{name}_member", [POINTER])
    number, count = (
        build.zext(build.intrinsic(f"omp_get_{what}", [], I32), I64) for what in ("thread_num", "num_threads")
    )
    build.call(module.get_global(name), [job, number, count])
    build.ret_void()
