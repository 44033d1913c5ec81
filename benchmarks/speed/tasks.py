"""What each contestant is asked in a round, and what of its answers is kept."""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from benchmarks.speed.child import Child, ChildError
from benchmarks.speed.plan import Contestant, Size

Seconds = defaultdict[str, list[float]]  # by quantity


class Round:
    """The same random ids for all contestants. `known` is the number of ids that weights know."""

    def __init__(self, size: Size, known: int, seed: int) -> None:
        self.size = size
        generator = random.Random(seed)
        self.draw = lambda count: [generator.randrange(38, known) for _ in range(count)]
        self.prompt, self.short = self.draw(size.prompt), self.draw(size.short)
        self.streams = [self.draw(size.stream_prompt) for _ in range(size.streams)]
        self.keystrokes = [[*self.prompt[:-2], *self.draw(2)] for _ in range(size.keystrokes)]

    def long(self, child: Child, who: Contestant, seconds: Seconds) -> None:
        """A prompt that is new, an answer, then the prompt with other last two ids, as after a typed character."""
        times = child.call("answer", ids=self.prompt, new=self.size.new)["seconds"]
        seconds["prefill"].append(times[0])
        seconds["cold"].append(times[self.size.cold - 1])
        seconds["decode"].append(mean_step(times))
        if who.kind == "transformers":  # keeps nothing between calls
            return
        for ids in self.keystrokes:
            seconds["warm"].append(child.call("answer", ids=ids, new=1, keep=True)["seconds"][0])

    def brief(self, child: Child, who: Contestant, seconds: Seconds) -> None:
        """Decoding after a short prompt."""
        times = child.call("answer", ids=self.short, new=self.size.new)["seconds"]
        seconds["decode_short"].append(mean_step(times))

    def together(self, child: Child, who: Contestant, seconds: Seconds) -> None:
        """Several streams at once, and one of them alone."""
        new = self.size.stream_new
        if who.is_ours or who.name == "llama-q4_0":
            times = child.call("answer", ids=self.streams[0], new=new)["seconds"]
            seconds["stream_alone"].append(times[-1])
        elif who.kind != "transformers":
            return
        seconds["streams"].append(child.call("together", prompts=self.streams, new=new)["seconds"][-1])
        if who.kind == "transformers":
            times = child.call("continuous", prompts=self.streams, new=new)["seconds"]
            seconds["streams_continuous"].append(times[-1])


TASKS: tuple[Callable[[Round, Child, Contestant, Seconds], None], ...] = (Round.long, Round.brief, Round.together)


def run_round(
    round_: Round, running: dict[Contestant, Child], results: dict[str, Seconds], failures: dict[str, str]
) -> None:
    """Task by task, in each of them one contestant after the other. Who fails is left out from then on."""
    for task in TASKS:
        for who in list(running):
            if failure := failure_of(lambda who=who, task=task: task(round_, running[who], who, results[who.name])):  # type: ignore[misc]
                failures[f"{who.name} {task.__name__}"] = failure
                if running[who].process.poll() is not None:
                    running.pop(who).close()


def failure_of(work: Callable[[], None]) -> str:
    """What a child said when it could not do `work`; empty when it could."""
    try:
        work()
    except ChildError as error:
        return str(error)[:300]
    return ""


def warm_up(child: Child, size: Size, known: int, who: Contestant) -> None:
    """What is compiled, faulted in, or chosen in first calls is not measured."""
    first = Round(dataclasses.replace(size, prompt=min(size.prompt, 256), new=2, cold=1, stream_new=2), known, 0)
    scratch: Seconds = defaultdict(list)
    for task in TASKS:
        task(first, child, who, scratch)


def mean_step(times: list[float]) -> float:
    return (times[-1] - times[0]) / (len(times) - 1)


def facts_of(child: Child) -> dict[str, Any]:
    return {**child.call("facts"), "peak_gb": round(child.peak_gb(), 3)}
