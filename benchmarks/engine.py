"""Speed of the engine beside transformers and llama.cpp, on the same weights, in turns.

    python -m benchmarks.engine [--json] [--quick] [--shape small] [--work FOLDER] [--only NAME ...]

Without --weights it makes a random checkpoint of StarCoder2-3B's exact shape and its GGUF twin in --work (21 GB with
all precisions; kept and used again if you name the folder). Each contestant is a process of its own, and only one of
them computes at a time; rounds go through all that fit into memory together; figures are medians. Prompts are random
ids. A keystroke is the same prompt with other last two ids; transformers keeps nothing between calls and has no such
figure. `decode_speculative_ratio` is composed: see benchmarks/speed/trace.py. Needs `pip install '.[bench]'` for
llama.cpp; what is missing or fails is named under `failures`, and the ratios that need it are absent.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.speed.checkpoint import SHAPES
from benchmarks.speed.options import Options
from benchmarks.speed.plan import PRECISIONS
from benchmarks.speed.report import lines
from benchmarks.speed.run import Bench

NAMES = (*(f"ours-{precision}" for precision in PRECISIONS), "llama-q4_0", "llama-q8_0", "llama-bf16", "transformers",
         "trace", "errors", "built-in")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--quick", action="store_true", help="rougher, within 5 minutes: fewer peers, shorter prompts")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="3b", help="small: to rehearse")
    parser.add_argument("--weights", type=Path, help="folder of a StarCoder2 checkpoint to take instead")
    parser.add_argument("--work", type=Path, help="folder for what is made; a temporary one by default")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--precision", choices=PRECISIONS, default="int4", help="ours in the ratios")
    parser.add_argument("--notebooks", type=Path, help="folder of more notebooks for the trace")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, help="3; 1 with --quick")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sc2-bench-") as temporary:
        options = Options(
            work=(args.work or Path(temporary)).resolve(),
            shape=args.shape,
            weights=args.weights and args.weights.resolve(),
            notebooks=args.notebooks and args.notebooks.resolve(),
            precision=args.precision,
            threads=args.threads,
            rounds=args.rounds or (1 if args.quick else 3),
            quick=args.quick,
            only=tuple(args.only),
        )
        result = Bench(options).run()
    print(json.dumps(result) if args.json else "\n".join(lines(result)))


if __name__ == "__main__":
    main()
