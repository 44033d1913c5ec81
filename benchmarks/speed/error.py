"""How far each precision is from float32 on the built-in weights: ours and llama.cpp's, over the same real text.

For each position of a text the chances of all ids are compared with float32's: mean KL(float32 || precision) in nats,
and how often the likeliest id is the same. `loss` is the mean surprise of the real next id. The texts are notebooks
and this project's own modules, none of which the weights were trained on.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.speed.ours import load_as
from benchmarks.speed.texts import notebooks, own_sources
from benchmarks.speed.twin import FORMS, tensor_types, write_twins
from jupyter_sc2.prompt.script import BETWEEN
from jupyter_sc2.tokenizer import Tokenizer

PRECISIONS = ("bfloat16", "int8", "int4")
Logits = Callable[[list[int]], Tensor]  # ids -> [len(ids), vocab] logarithms of chances


class Errors:
    """`twins` is a folder for the GGUF files; without llama.cpp there are none."""

    def __init__(self, weights: str, twins: str, threads: int, llama: bool = True) -> None:
        self.weights, self.twins, self.threads, self.llama = Path(weights), Path(twins), threads, llama
        torch.set_num_threads(threads)

    def table(self, texts: int, length: int) -> dict[str, Any]:
        """Figures by contestant, over the first `length` ids of `texts` texts."""
        rows = self._texts(texts, length)
        exact = ours(self.weights, "float32")
        contestants, missing = self._contestants(length)
        sums: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
        half = contestants.get("ours bfloat16")
        for ids in rows:
            reference, other = exact(ids), half(ids) if half else None
            for name, logits in contestants.items():
                sums[name].append(compare(reference, other, logits(ids), ids))
        means = {
            name: {key: statistics.fmean(one[key] for one in found) for key in found[0]} for name, found in sums.items()
        }
        types = {form: tensor_types(self.twins / f"twin-{form}.gguf") for form in FORMS} if self.llama else {}
        return {
            "texts": len(rows),
            "ids": sum(map(len, rows)),
            "rows": {name: {key: float(f"{value:.3g}") for key, value in row.items()} for name, row in means.items()},
            "missing": missing,
            "llama_tensors": types,
        }

    def _texts(self, count: int, length: int) -> list[list[int]]:
        tokenizer = Tokenizer(self.weights / "tokenizer.json")
        texts = [BETWEEN.join(cells) for cells in (*notebooks().values(), *own_sources().values())]
        encoded = (tokenizer.encode(text)[:length] for text in texts)
        long = [ids for ids in encoded if len(ids) >= min(length, 256)]
        return long[:count] if len(long) <= count else [long[index * len(long) // count] for index in range(count)]

    def _contestants(self, length: int) -> tuple[dict[str, Logits], dict[str, str]]:
        tries = {f"ours {precision}": attempt(self.weights, precision) for precision in PRECISIONS}
        found = {name: logits for name, logits in tries.items() if not isinstance(logits, str)}
        missing = {name: why for name, why in tries.items() if isinstance(why, str)}
        if self.llama:
            from benchmarks.speed.llama import LlamaCpp

            for form, path in write_twins(self.weights, self.twins).items():
                found[f"llama.cpp {form}"] = theirs(LlamaCpp(str(path), self.threads, length, outputs=length))
        return found, missing


def ours(weights: Path, precision: str) -> Logits:
    model = load_as(weights, precision).model

    @torch.inference_mode()
    def logits(ids: list[int]) -> Tensor:
        return torch.log_softmax(model(torch.tensor([ids]))[0].float(), dim=-1)

    return logits


def attempt(weights: Path, precision: str) -> Logits | str:
    """Says why where this version of the engine, or this machine, lacks the precision."""
    try:
        return ours(weights, precision)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def theirs(llama: Any) -> Logits:
    return lambda ids: torch.log_softmax(torch.from_numpy(llama.all_logits(ids)), dim=-1)


def compare(exact: Tensor, half: Tensor | None, found: Tensor, ids: list[int]) -> dict[str, float]:
    """`kl_bfloat16` is against our own bfloat16 instead of float32."""
    real = torch.tensor(ids[1:])[:, None]
    figures = {
        "kl": divergence(exact, found),
        "agreement": float((exact.argmax(-1) == found.argmax(-1)).float().mean()),
        "loss": -float(found[:-1].gather(1, real).mean()),
    }
    return figures if half is None else {**figures, "kl_bfloat16": divergence(half, found)}


def divergence(exact: Tensor, found: Tensor) -> float:
    """Mean over positions, in nats."""
    return float((exact.exp() * (exact - found)).sum(-1).mean())
