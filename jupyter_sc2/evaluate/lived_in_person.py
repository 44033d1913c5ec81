"""A simulated person at a notebook: writes and runs a document's cells in a real kernel, and does not do it neatly."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_sc2.evaluate import lived_in_edits as edits
from jupyter_sc2.evaluate.lived_in_kernel import Kernel, Run


@dataclass(frozen=True)
class Rates:
    """How likely each thing is to happen at each code cell that the person writes; about one thing a cell in all."""

    rerun: float = 0.12  # one of the last cells is run again
    move: float = 0.10  # a cell that ran goes elsewhere, imports and helpers mostly far below
    edit: float = 0.14  # a cell is changed after its run and not run again
    unrun: float = 0.06  # a variant of an older cell is written and left unrun
    error: float = 0.10  # the cell is first run with a slip, then put right in place or below
    scratch: float = 0.20  # a look at a variable; one in five of them mistyped and left
    older: float = 0.08  # a first version with other numbers is run and stays above
    delete: float = 0.10  # a cell that ran is deleted, its names live on
    above: float = 0.08  # the next cell is written above an older one


CALM = Rates(*[0.0] * 9)


@dataclass
class LiveCell:
    """A cell as the person sees it. `run` is its last run, of a source that may have been another."""

    id: str
    kind: str
    source: str
    run: Run | None = None


class Person:
    """`cells` is the document, `here` the cell last worked on, `events` what has happened so far."""

    def __init__(self, kernel: Kernel, chance: random.Random, rates: Rates) -> None:
        self.cells: list[LiveCell] = []
        self.events: Counter[str] = Counter()
        self.here: LiveCell | None = None
        self._kernel, self._chance, self._rates = kernel, chance, rates

    def write(self, kind: str, source: str, above: LiveCell | None = None) -> LiveCell:
        """A new cell below the one last worked on, or above another."""
        cell = LiveCell(f"{self._chance.getrandbits(32):08x}", kind, source)
        place = self.cells.index(above) if above else self.cells.index(self.here) + 1 if self.here else 0
        self.cells.insert(place, cell)
        self.here = self.here if above else cell
        return cell

    def write_next(self, source: str) -> LiveCell:
        """The document's next code cell: below, at times above an older one."""
        older = [cell for cell in self._ran()[-3:] if cell is not self.here]
        if older and self._happens("above"):
            return self.write("code", source, above=self._chance.choice(older))
        return self.write("code", source)

    def write_and_run(self, source: str) -> Run:
        """The next code cell with what may go wrong on the way; returns how its right version ran."""
        first = edits.other_numbers(source, self._chance) if self._happens("older", count=False) else None
        if first:
            self.events["older"] += 1
            self.run(self.write("code", first))
        slip = edits.a_slip(source, self._chance) if self._happens("error", count=False) else None
        cell = self.write_next(slip or source)
        run = self.run(cell)
        if slip:
            if run.error and self._chance.random() < 0.4:
                self.events["error, put right below"] += 1
                self.here = cell
                cell = self.write("code", source)
            else:
                self.events["error, put right in place"] += bool(run.error)
                cell.source = source
            run = self.run(cell)
        return run

    def snapshot(self) -> Any:
        return self._kernel.snapshot()

    def run(self, cell: LiveCell) -> Run:
        cell.run = self._kernel.run(cell.source)
        return cell.run

    def remove(self, cell: LiveCell) -> None:
        place = self.cells.index(cell)
        self.cells.remove(cell)
        if cell is self.here:
            self.here = self.cells[place - 1] if place else self.cells[0] if self.cells else None

    def wander(self) -> None:
        """What happens after a cell ran, before the next one is written."""
        deeds: list[tuple[str, Callable[[], bool]]] = [
            ("scratch", self._look), ("rerun", self._run_again), ("edit", self._edit), ("unrun", self._leave_unrun),
            ("move", self._move), ("delete", self._delete),
        ]  # fmt: skip
        for name, do in deeds:
            if self._happens(name, count=False):
                self.events[name] += do()

    def _happens(self, name: str, count: bool = True) -> bool:
        happens = self._chance.random() < float(getattr(self._rates, name))
        self.events[name] += happens and count
        return happens

    def _ran(self) -> list[LiveCell]:
        """Cells that ran without an error, in the order in which they ran."""
        ran = [(cell.run.order, cell) for cell in self.cells if cell.run and not cell.run.error]
        return [cell for _, cell in sorted(ran, key=lambda pair: pair[0])]

    def _look(self) -> bool:
        fresh = {name for cell in self._ran()[-3:] for name in edits.bound_names(cell.source)}
        looks = [look for variable in self._kernel.snapshot()["variables"] if variable["name"] in fresh
                 for look in looks_at(variable)]  # fmt: skip
        if not looks:
            return False
        look = self._chance.choice(looks)
        wrong = edits.a_slip(look, self._chance) if self._chance.random() < 0.2 else None
        self.run(self.write("code", wrong or look))
        return True

    def _run_again(self) -> bool:
        recent = self._ran()[-4:]
        if recent:
            self.run(self._chance.choice(recent))
        return bool(recent)

    def _edit(self) -> bool:
        ran = self._ran()
        if not ran:
            return False
        cell = self._chance.choice(ran)
        how = self._chance.choice((edits.other_numbers, edits.another_name, edits.a_line_less))
        changed = how(cell.source, self._chance)
        cell.source = changed or cell.source
        return bool(changed)

    def _leave_unrun(self) -> bool:
        variants = [edits.other_numbers(cell.source, self._chance) for cell in self._ran()[-4:]]
        short = [variant for variant in variants if variant and variant.count("\n") < edits.MANY_LINES]
        if short:
            self.write("code", self._chance.choice(short))
        return bool(short)

    def _move(self) -> bool:
        movable = [cell for cell in self._ran() if cell is not self.here]
        if not movable:
            return False
        setup = [cell for cell in movable if edits.is_setup(cell.source)]
        cell = self._chance.choice(setup if setup and self._chance.random() < 0.5 else movable)
        self.cells.remove(cell)
        # Below the cell last worked on is below all that will be written.
        below = self.here is not None and (cell in setup or self._chance.random() < 0.3)
        first = self.cells.index(self.here) + 1 if below and self.here else 0
        self.cells.insert(self._chance.randint(first, len(self.cells)), cell)
        return True

    def _delete(self) -> bool:
        gone = [cell for cell in self._ran() if cell is not self.here and edits.bound_names(cell.source)]
        if gone:
            self.remove(self._chance.choice(gone))
        return bool(gone)


def looks_at(variable: dict[str, Any]) -> Sequence[str]:
    """Scratch cells that suit a variable of a snapshot's."""
    name, kind = variable["name"], variable["type"]
    if name.startswith("_") or kind in ("module", "type", "function", "builtin_function_or_method"):
        return ()
    if kind == "DataFrame":
        return (f"{name}.head()", f"{name}.describe()", f"{name}.columns", f"{name}.shape", f"{name}.dtypes")
    if kind == "Series":
        return (f"{name}.head()", f"{name}.describe()", f"{name}.index[:5]")
    if kind == "ndarray":
        return (f"{name}.shape", f"{name}[:5]", f"{name}.dtype", f"{name}.mean()")
    if re.fullmatch("list|tuple|dict|set", kind):
        return (f"len({name})", f"type({name})", name)
    return (f"type({name})", f"print({name})")
