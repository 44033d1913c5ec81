"""From a folder to be worked in to one JSON object."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed import plan
from benchmarks.speed.checkpoint import write_checkpoint
from benchmarks.speed.child import Child
from benchmarks.speed.machine import Others, version_of
from benchmarks.speed.options import Options
from benchmarks.speed.plan import Contestant
from benchmarks.speed.result import summary
from benchmarks.speed.tasks import Round, Seconds, facts_of, failure_of, run_round, warm_up
from benchmarks.speed.twin import FORMS, write_twins


@dataclass
class Bench:
    """What a run has found so far. `results` are seconds, `others` what other programs took of the processor."""

    options: Options
    results: dict[str, Seconds] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    others: list[float] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        """The order matters: what is made of files first, then contestants in turns, then what is measured alone."""
        started, loads = time.perf_counter(), [os.getloadavg()[0]]
        options, size = self.options, self.options.size
        weights = options.weights or options.work
        self.say("checkpoint and twins")
        if options.weights is None:
            write_checkpoint(weights, options.shape)
        found = plan.contestants(weights, self.twins(weights), options.work / "converted", options.threads,
                                 size.prompt + size.new + 8, options.precision)  # fmt: skip
        found = [who for who in found if options.wants(who.name)]
        total = sum(path.stat().st_size for path in weights.glob("*.safetensors"))
        known = json.loads((weights / "config.json").read_text())["vocab_size"]
        for who in [who for who in found if who.is_ours and who.options["precision"] != "bfloat16"]:
            self.attempt(f"{who.name} conversion", lambda who=who: self.convert(who))
        for group in plan.groups(found, total):
            self.compete(group, known)
            loads.append(os.getloadavg()[0])
        self.beside()
        result = summary(self.options, self)
        result["load_average"] = [round(load, 2) for load in [*loads, os.getloadavg()[0]]]
        result["took_s"] = round(time.perf_counter() - started)
        return result

    def twins(self, weights: Path) -> dict[str, Path]:
        forms = tuple(form for form in FORMS if self.options.wants(f"llama-{form}"))
        if not version_of("llama-cpp-python") or not version_of("gguf"):
            self.failures["llama.cpp"] = "not installed: pip install '.[bench]'"
            return {}
        return write_twins(weights, self.options.work / "twins", forms) if forms else {}

    def convert(self, who: Contestant) -> None:
        """Loads once in a process of its own, so that a converted copy is there; says what the making of it took."""
        folder = Path(who.options["converted"])
        before = set(folder.glob("*-*"))
        child = Child(who.kind, **who.options)
        if set(folder.glob("*-*")) - before:
            facts = facts_of(child)
            self.parts.setdefault("conversion", {})[who.name] = {k: facts[k] for k in ("load_s", "peak_gb")}
        child.close()

    def compete(self, group: list[Contestant], known: int) -> None:
        size = self.options.size
        running: dict[Contestant, Child] = {}
        for who in group:
            self.say(f"loading {who.name}")
            self.attempt(f"{who.name} load", lambda who=who: running.update({who: Child(who.kind, **who.options)}))
        for who, child in running.items():
            self.attempt(
                f"{who.name} warm-up", lambda who=who, child=child: warm_up(child, self.options.size, known, who)
            )
        others = Others([child.process.pid for child in running.values()])
        for number in range(1, self.options.rounds + 1):
            self.say(f"round {number} of {', '.join(who.name for who in running)}")
            run_round(Round(size, known, number), running, self.results, self.failures)
        self.others.append(others.share())
        for who, child in running.items():
            self.facts[who.name] = facts_of(child)
        for who, child in running.items():
            if who.name == f"ours-{self.options.precision}" and self.options.wants("trace"):
                self.attempt("trace", lambda child=child: self.trace(child, known))
            child.close()

    def trace(self, engine: Child, known: int) -> None:
        """Costs of steps from the engine, then the edits at these costs; a few of them by the engine itself."""
        self.say("trace")
        size, extra = self.options.size, self.options.notebooks
        costs = engine.call("step_costs", ids=Round(size, known, 0).prompt, rounds=size.cost_rounds)
        child = Child("trace", extra=str(extra or ""), quick=self.options.quick)
        try:
            figures = child.call("figures", costs=costs)
            sample = child.call("sample", count=size.taught) if size.taught else []
        finally:
            child.close()
        part = {"step_ms_by_rows": {rows: round(1e3 * s, 2) for rows, s in costs.items()}, **figures}
        if sample:
            part["by_the_engine"] = {
                name: engine.call("taught", edits=sample, speculate=speculate)
                for name, speculate in (("plain", False), ("speculative", True))
            }
        self.parts["trace"] = part

    def beside(self) -> None:
        """The built-in weights: how fast they are, and what each precision changes."""
        options, size = self.options, self.options.size
        if options.wants("built-in"):
            self.say("built-in weights")
            prompts = 4 if options.quick or options.shape == "small" else 12
            self.attempt("built-in", lambda: self.alone("built-in", "figures", {"prompts": prompts}))
        if options.wants("errors"):
            self.say("errors")
            llama = "llama.cpp" not in self.failures
            folder = str(Path(__file__).parents[2] / "jupyter_sc2" / "data" / "built-in")
            made = {"weights": folder, "twins": str(options.work / "twins-built-in"), "llama": llama}
            self.attempt("errors", lambda: self.alone("errors", "table", {"texts": size.texts, "length": 512}, **made))

    def alone(self, kind: str, method: str, arguments: dict[str, Any], **options: Any) -> None:
        child = Child(kind, threads=self.options.threads, **options)
        try:
            self.parts[kind.replace("-", "_")] = child.call(method, **arguments)
        finally:
            child.close()

    def attempt(self, what: str, work: Callable[[], None]) -> None:
        if failure := failure_of(work):
            self.failures[what] = failure

    def say(self, what: str) -> None:
        print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
