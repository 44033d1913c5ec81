"""Trains the built-in weights from scratch: `python -m jupyter_sc2.tune.pretrain --help`.

Downloads the named sources, trains the tokenizer, then the model for a given time, and resumes where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

# glibc gives every large tensor back to the system and pays page faults for the next; these settings keep them
# and raise the speed on CPU by about a fifth. They are read at process start only.
_MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
}
WARM_UP, DECAY = 0.02, 0.4  # shares of the run: linear rise, constant, then linear fall to zero


def rate_at(share: float) -> float:
    """Share of the peak learning rate when `share` of the run is over (both 0..1)."""
    return min(1.0, share / WARM_UP, (1.0 - share) / DECAY) if share < 1 else 0.0


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jupyter_sc2.tune.pretrain", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for downloads, shards and checkpoints")
    parser.add_argument("--minutes", type=float, default=95.0, help="training time, resumed runs together")
    parser.add_argument("--batch-ids", type=int, default=8192, help="token ids in one optimizer step")
    parser.add_argument("--micro-ids", type=int, default=4096, help="token ids computed at once")
    parser.add_argument("--long-share", type=float, default=0.25, help="share of the run with long rows")
    parser.add_argument("--requests", type=float, default=0.25, help="share of rows that are requests in words")
    parser.add_argument("--requests-from", type=float, default=1 - DECAY, help="share of the run before the first")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--start", type=Path, help="go on from the weights in this folder, with their tokenizer")
    parser.add_argument("--peak", type=float, default=1.0, help="share of the recipe's learning rates, for going on")
    parser.add_argument("--keep", type=float, default=0.0, help="share of the weights in --start that are exported")
    parser.add_argument("--export", type=Path, help="write the finished weights into this folder and stop")
    return parser.parse_args(argv)


def train(args: argparse.Namespace) -> None:
    import torch

    from jupyter_sc2.tune import checkpoint
    from jupyter_sc2.tune.packing import ROW_LENGTHS
    from jupyter_sc2.tune.recipe import BUILT_IN, Trainer

    prepare(args.work, args.start)
    torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows_of, requests_of = shards(args.work, "train"), shards(args.work, "requests")
    trainer = Trainer(BUILT_IN, device)
    saved = args.work / "checkpoint.safetensors"
    progress: dict[str, Any] = {"seconds": 0.0, "steps": 0, "rows": 0, "requests": 0, "trained_ids": 0}
    if saved.exists():
        progress |= checkpoint.load(trainer, saved)
    elif args.start:
        checkpoint.start(trainer, args.start / "model.safetensors")
        progress["earlier_ids"] = json.loads((args.start / "training-data.json").read_text()).get("trained_ids", 0)
    measured, smooth = time.monotonic(), None
    while (share := progress["seconds"] / (60 * args.minutes)) < 1:
        started = time.monotonic()
        length = ROW_LENGTHS[share > 1 - args.long_share]
        count = args.batch_ids // length
        asked = round(args.requests * count) if share >= args.requests_from else 0
        rows = next_rows(rows_of[length], progress["rows"], count - asked)
        requests = next_rows(requests_of[length], progress["requests"], asked)
        batch = torch.tensor([*rows.tolist(), *requests.tolist()], device=device)
        loss = trainer.step(batch, args.peak * rate_at(share), max(1, args.micro_ids // length))
        if not math.isfinite(loss):
            sys.exit(f"The loss is {loss} at step {progress['steps']}; the last checkpoint is {saved}.")
        smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        gained = {"steps": 1, "rows": count - asked, "requests": asked, "trained_ids": args.batch_ids}
        progress = {**progress, **{name: progress[name] + value for name, value in gained.items()}}
        progress["seconds"] += time.monotonic() - started
        if time.monotonic() - measured > 240 or progress["seconds"] >= 60 * args.minutes:
            tell({**progress, "loss": smooth, "bits_per_byte": held_out_bits(trainer, args.work, device)}, args.work)
            checkpoint.save(trainer, progress, saved)
            measured = time.monotonic()


def prepare(work: Path, start: Path | None) -> None:
    """Downloads and builds what is not in `work` yet."""
    from jupyter_sc2.tune import corpus, second_phase
    from jupyter_sc2.tune.packing import ROW_LENGTHS

    if start:
        shutil.copyfile(start / "tokenizer.json", work / "tokenizer.json")
    if not (work / "manifest.json").exists():
        print("building the corpus", flush=True)
        corpus.build(work)
    if not all((work / f"requests_{length}.npy").exists() for length in ROW_LENGTHS):
        print("building the second phase", flush=True)
        second_phase.build(work, second_phase.ROWS, second_phase.held_out_requests())


def shards(work: Path, kind: str) -> dict[int, Any]:
    """By the length of their rows."""
    import numpy as np

    from jupyter_sc2.tune.packing import ROW_LENGTHS

    return {length: np.load(work / f"{kind}_{length}.npy", mmap_mode="r") for length in ROW_LENGTHS}


def tell(line: dict[str, Any], work: Path) -> None:
    with (work / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def next_rows(rows: Any, seen: int, count: int) -> Any:
    """The next `count` of `rows` [N, length + 1] after `seen`, from the beginning again at their end."""
    return rows[[(seen + i) % len(rows) for i in range(count)]]


def held_out_bits(trainer: Any, work: Path, device: Any, limit: int = 65536, length: int = 1024) -> float:
    """Bits per UTF-8 byte of held-out packages. Special ids count in bits and have no bytes."""
    import numpy as np
    import torch

    from jupyter_sc2.tokenizer import Tokenizer

    sizes = np.array(Tokenizer(work / "tokenizer.json").byte_lengths)
    ids = np.load(work / "held_out.npz")["ids"][: limit + 1].astype("int64")
    bits, size = 0.0, 0
    for start in range(0, len(ids) - length, length):
        row = ids[start : start + length + 1]
        bits += trainer.token_losses(torch.from_numpy(row[None]).to(device)).sum().item() / math.log(2)
        size += int(sizes[row[1:]].sum())
    return bits / size


def main() -> None:
    args = arguments()
    if sys.platform == "linux" and "MALLOC_TOP_PAD_" not in os.environ:
        os.execve(
            sys.executable,
            [sys.executable, "-m", "jupyter_sc2.tune.pretrain", *sys.argv[1:]],
            {**os.environ, **_MALLOC},
        )
    if args.export:
        from jupyter_sc2.tune.export import export

        export(args.work, args.export, args.start, args.keep)
    else:
        train(args)


if __name__ == "__main__":
    main()
