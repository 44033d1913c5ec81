"""How near writing alone comes to what a GPU's memory allows.

    python -m benchmarks.bandwidth [--json] [--weights FOLDER]

To write an id, a GPU reads all weights once; so no more ids can come in a second than the weights fit into the bytes
that its memory moves in a second. That is measured as a copy of 1 GB within the device, bytes read plus bytes written:
the usual figure. Decoding only reads, which may be somewhat faster than copying, so a share of one is no strict end.
Keys and values, 30 KB for each position of StarCoder2-3B, are not counted. Without --weights random bfloat16 weights of
that shape are made on the device. The prompt has 512 random ids, one sequence decodes through the whole engine without
drafts; `launched` is the same without recordings (`jupyter_sc2/engine/replay.py`). Figures are medians of five.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import nn

from benchmarks.speed.checkpoint import BIAS_STD, SHAPES, STD
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.engine import Engine
from jupyter_sc2.engine.model import Starcoder2
from jupyter_sc2.engine.passes import parameter_count
from jupyter_sc2.engine.weights import Loaded, load
from jupyter_sc2.messages import Failed, Submit, Tokens

PROMPT, NEW, ROUNDS = 512, 257, 5
COPIED = 1 << 30  # bytes, read once and written once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--weights", type=Path, help="folder of a StarCoder2 checkpoint to take instead")
    args = parser.parse_args()
    if not torch.cuda.is_available():
        sentence = "This machine has no GPU that torch can use, so there is nothing to measure."
        print(json.dumps({"skipped": sentence}) if args.json else sentence)
        return
    loaded = load(args.weights, "bfloat16", "cuda") if args.weights else random_weights("3b", torch.device("cuda"))
    found = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, **figures(loaded)}
    print(json.dumps(found) if args.json else "\n".join(f"{name:28} {value}" for name, value in found.items()))


def figures(loaded: Loaded) -> dict[str, Any]:
    copied = copy_bandwidth(loaded.device)
    read = parameter_count(loaded.model.config) * loaded.dtype.itemsize
    engine = Engine(loaded, 512 << 20)
    replay = engine.passes.replay
    pace, bound = decode(engine), copied / read
    found = {"copy_gb_per_s": round(copied / 1e9, 1), "read_for_an_id_gb": round(read / 1e9, 3)}
    found |= {"bound_ids_per_s": round(bound, 1), "decode_ids_per_s": round(pace, 1), "share": round(pace / bound, 3)}
    if replay is not None:
        found["recordings"], engine.passes.replay = len(replay.recorded), None
        found["launched_ids_per_s"] = round(decode(engine), 1)
    return found


def random_weights(shape: str, device: torch.device) -> Loaded:
    """As `benchmarks.speed.checkpoint` draws them, but on the device."""
    config = msgspec.convert(SHAPES[shape], ModelConfig)
    with torch.device("meta"):
        model = Starcoder2(config)
    model.to(torch.bfloat16).to_empty(device=device)
    model.tie()
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = name.endswith("norm.weight")
            std = 0.0 if norm else BIAS_STD if name.endswith("bias") else STD
            nn.init.normal_(parameter, float(norm), std)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Loaded(model.freeze(), "", config.vocab_size, 2 * parameters, torch.bfloat16, device, parameters=parameters)


def copy_bandwidth(device: torch.device) -> float:
    """Bytes read and written in a second."""
    source = torch.ones(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    seconds = []
    for _ in range(1 + ROUNDS):
        seconds.append(-now(device))
        target.copy_(source)
        seconds[-1] += now(device)
    return 2 * COPIED / statistics.median(seconds[1:])


def decode(engine: Engine) -> float:
    """Ids in a second after the first; the first answer warms up, and recordings are made there."""
    prompt = torch.randint(38, engine.model.config.vocab_size, (PROMPT,)).tolist()
    paces = []
    for number in range(1 + ROUNDS):
        request = Submit(str(number), prompt, NEW, 0.0, 1.0, 0, [], 0, "bench", fresh=True, speculate=False)
        frames, times = engine.submit(request), list[float]()
        while frames or not engine.idle:
            if failed := [frame for frame in frames if isinstance(frame, Failed)]:
                raise RuntimeError(failed[0].message)
            times += [now(engine.passes.device) for frame in frames if isinstance(frame, Tokens)]
            frames = engine.step()
        paces.append((len(times) - 1) / (times[-1] - times[0]))
    return statistics.median(paces[1:])


def now(device: torch.device) -> float:
    """Seconds, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


if __name__ == "__main__":
    main()
