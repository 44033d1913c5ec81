"""One forward pass over the newest ids of several sequences."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.model import Run
from jupyter_sc2.engine.precision import DTYPES
from jupyter_sc2.engine.replay import Graphs, Replay
from jupyter_sc2.engine.sequence import Sequence
from jupyter_sc2.engine.weights import Loaded

# oneDNN compiles each new shape: of four linears in 2.5 ms and 2.5 MB that stay, of attention from 64 rows on
ROWS = (1, 4, 8, 16, 32, 64, 128, 256)
FEW = 64
WORTH_THREADS = 2 * 10**8  # parameters times rows: a few milliseconds of one core


@dataclass(eq=False)
class Share:
    """One sequence's part of a pass: its next `ids`, if any, and behind its last one ids that are only `drafted`."""

    sequence: Sequence
    ids: list[int]
    drafted: list[int] = field(default_factory=list)
    matched: int = 0  # how many ids before the draft stand before it elsewhere

    @property
    def rows(self) -> int:
        return len(self.ids) + len(self.drafted)

    @property
    def answers(self) -> int:
        """Rows whose logits are wanted: none before a prompt's end."""
        at_the_end = self.sequence.computed + len(self.ids) == len(self.sequence.ids)
        return min(self.rows, 1 + len(self.drafted)) if at_the_end and not self.sequence.warms else 0


class Passes:
    """`threads` is for passes that are worth it; a short pass of small weights is faster on one."""

    def __init__(self, loaded: Loaded, threads: int) -> None:
        self.model, self.device, self.threads = loaded.model, loaded.device, threads
        self.parameters = parameter_count(loaded.model.config)
        self.pads = loaded.device.type == "cpu" and loaded.dtype == torch.bfloat16
        torchs = any(isinstance(module, nn.Linear) for module in loaded.model.model.layers.modules())
        self.least = 1 if torchs else FEW  # our own kernels take any shape
        graphs = loaded.device.type == "cuda" and loaded.precision in DTYPES  # with int8, int4 unpacking takes the time
        self.replay = Replay(loaded.model, Graphs(loaded.device)) if graphs else None

    def padded(self, rows: int) -> int:
        """Rows of a pass over so many: more than are needed, so that few different shapes occur."""
        return next((more for more in ROWS if more >= rows), rows) if self.pads and rows >= self.least else rows

    def run(self, shares: list[Share]) -> list[Tensor]:
        """Computes the shares; logits [answers, vocab] of each. The caches grow by its rows, or all stay as they were.

        Every share has at least one row.
        """
        wanted = [share.answers for share in shares]
        caches = [share.sequence.entry.cache for share in shares if share.sequence.entry is not None]
        lengths = [cache.length for cache in caches]
        try:
            logits = self._replayed(shares, caches, wanted)
            if logits is None:
                logits = self._logits(self._hidden(shares, caches, wanted), sum(wanted))
            return [logits] if len(shares) == 1 else list(torch.split(logits, wanted))
        except Exception:
            for cache, length in zip(caches, lengths, strict=True):
                cache.length = length
            raise

    def _replayed(self, shares: list[Share], caches: list[KVCache], wanted: list[int]) -> Tensor | None:
        """[wanted, vocab] of one sequence's few rows, where the device records passes; None where it does not."""
        if self.replay is None or len(shares) > 1:
            return None
        logits = self.replay.run(caches[0], [*shares[0].ids, *shares[0].drafted])
        return None if logits is None else logits[len(logits) - wanted[0] :]

    def _hidden(self, shares: list[Share], caches: list[KVCache], wanted: list[int]) -> Tensor:
        """[sum of `wanted`, hidden]: of the last rows of each share."""
        ids = [token_id for share in shares for token_id in (*share.ids, *share.drafted)]
        torch.set_num_threads(self.threads if self.parameters * len(ids) >= WORTH_THREADS else 1)
        rows = self.padded(len(ids))
        counts = [share.rows for share in shares]
        if len(shares) == 1 and rows > 16:  # padding that looks at the keys as well: few shapes in attention, too
            counts[0] = min(rows, caches[0].capacity - caches[0].length)
        ends = [cache.length + share.rows for cache, share in zip(caches, shares, strict=True)]
        firsts = [share.rows - count for share, count in zip(shares, wanted, strict=True)]
        padded = torch.tensor(ids + [0] * (rows - len(ids)), device=self.device)
        runs = [Run(*run) for run in zip(caches, counts, firsts, wanted, strict=True)]
        hidden: Tensor = self.model.model(padded, runs)
        for cache, end in zip(caches, ends, strict=True):
            cache.length = end  # what padding left behind them will be written over
        return hidden

    def _logits(self, hidden: Tensor, total: int) -> Tensor:
        """[total, vocab] of hidden [total, hidden]."""
        if total == 0:
            return hidden.new_empty(0, self.model.config.vocab_size)
        missing = self.padded(total) - total
        logits: Tensor = self.model.lm_head(F.pad(hidden, (0, 0, 0, missing)) if missing else hidden)
        return logits[:total] if missing else logits


def parameter_count(config: ModelConfig) -> int:
    """Numbers of the matrices that one id is multiplied with, whatever their format."""
    hidden, shared = config.hidden_size, config.num_key_value_heads * config.head_dim
    layer = 2 * hidden * (hidden + shared + config.intermediate_size)
    return config.num_hidden_layers * layer + hidden * config.vocab_size
