"""Speed of the engine against transformers' `generate`, on the same weights, in turns.

    python benchmarks/engine.py [--weights FOLDER] [--json]

Without a folder: random weights in the shape of the built-in ones. Times are medians (`best`: minima) over rounds in
which each contestant runs once, so that what else the machine does meets both. A keystroke is a prompt that differs
in its last 4 ids from one just answered; transformers has no cache for it between calls.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the worker does

import torch
from safetensors.torch import save_file

from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.weights import load
from jupyter_sc2.messages import Submit
from jupyter_sc2.tune.recipe import BUILT_IN, new_model


def write_random_weights(folder: Path) -> None:
    """The built-in weights' shape in bfloat16."""
    model = new_model(BUILT_IN).bfloat16()
    tensors = {name: value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    fields = {name: getattr(BUILT_IN, name) for name in BUILT_IN.__struct_fields__}
    config = {"model_type": "starcoder2", "bos_token_id": 0, "eos_token_id": 0, **fields}
    (folder / "config.json").write_text(json.dumps(config))


def answer(engine: Engine, ids: list[int], new: int) -> None:
    """One greedy request from start to end."""
    engine.submit(Submit("r", ids, new, 0.0, 1.0, 0, [], 0, "key"))
    while not engine.idle:
        engine.step()


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def seconds(clock: Callable[[], float], work: Callable[..., object], *args: object) -> float:
    started = clock()
    work(*args)
    return clock() - started


def measure(folder: Path, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Milliseconds (or ids per second) by contestant and quantity."""
    from transformers import Starcoder2ForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    loaded = load(folder, args.precision)
    engine = Engine(loaded, 1 << 30, args.threads)
    reference: Any = Starcoder2ForCausalLM.from_pretrained(folder, dtype=loaded.dtype)
    reference.to(loaded.device).eval()

    def generate(ids: list[int], new: int) -> None:
        torch.set_num_threads(args.threads)
        batch = torch.tensor([ids], device=loaded.device)
        with torch.inference_mode():
            reference.generate(batch, attention_mask=torch.ones_like(batch), do_sample=False, pad_token_id=0,
                               max_new_tokens=new, min_new_tokens=new)  # fmt: skip

    runs: dict[str, Callable[[list[int], int], None]] = {"engine": partial(answer, engine), "transformers": generate}
    times: dict[str, list[float]] = {}
    for number in range(args.rounds + 1):
        torch.manual_seed(number)
        ids = torch.randint(38, loaded.known_ids, (args.prompt,)).tolist()
        other = torch.randint(38, loaded.known_ids, (args.prompt,)).tolist()
        typed = [*ids[:-4], *other[:4]]
        for name, run in runs.items():
            for task, prompt, new in (("first", ids, 1), ("keystroke", typed, 1), ("whole", other, args.new)):
                taken = seconds(CLOCKS[args.clock], run, prompt, new)
                if number:  # the first round warms up
                    times.setdefault(f"{name} {task}", []).append(taken)
    return {name: summary(times, name, args) for name in runs}


def summary(times: dict[str, list[float]], name: str, args: argparse.Namespace) -> dict[str, float]:
    first, whole = times[f"{name} first"], times[f"{name} whole"]
    steps = [(long - short) / (args.new - 1) for short, long in zip(first, whole, strict=True)]
    prefill, step = statistics.median(first), statistics.median(steps)
    return {
        "first_id_ms": round(1e3 * prefill, 1),
        "first_id_best_ms": round(1e3 * min(first), 1),
        "keystroke_ms": round(1e3 * statistics.median(times[f"{name} keystroke"]), 1),
        "step_ms": round(1e3 * step, 2),
        "step_best_ms": round(1e3 * min(steps), 2),
        "prefill_ids_per_s": round(args.prompt / prefill),
        "decode_ids_per_s": round(1 / step),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="folder of StarCoder2 weights")
    parser.add_argument("--prompt", type=int, default=1000, help="ids in a prompt")
    parser.add_argument("--new", type=int, default=64, help="ids to generate")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="cpu: for a machine that is not idle")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if args.weights is None:
            write_random_weights(Path(temporary))
        results = measure(args.weights or Path(temporary), args)
    if args.json:
        print(json.dumps({"torch": torch.__version__, "threads": args.threads, "load": os.getloadavg()[0], **results}))
        return
    print(f"{args.prompt} ids in, {args.new} out, {args.threads} threads, load {os.getloadavg()[0]:.1f}")
    for quantity in results["engine"]:
        print(f"{quantity:20}" + "".join(f"{name:>14} {values[quantity]:9}" for name, values in results.items()))


if __name__ == "__main__":
    main()
