"""StarCoder2 in plain torch. Parameter names are those of the Hugging Face checkpoints.

Architecture: https://arxiv.org/abs/2402.19173, section 6: grouped-query attention with rotary positions and a
sliding window, LayerNorm with bias, biased linears, and a plain tanh-GELU MLP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jupyter_sc2.engine.attention import FOLDED, Positions, attend, products_pay, rotary_table, rotate, window_mask
from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.config import ModelConfig


class Run(NamedTuple):
    """One sequence in a flat pass: the next `rows` rows are its newest positions, to be stored in `cache`.

    Results are `wanted` of so many rows from the run's row `first` on; of all by default.
    """

    cache: KVCache
    rows: int
    first: int = 0
    wanted: int | None = None


class Placed(NamedTuple):
    """A run in a pass: its first row there, what attention needs, and the same for the wanted rows alone."""

    run: Run
    start: int
    at: Positions
    wanted: Positions | None  # None where no row is


class Flat(NamedTuple):
    """What every layer shares in a pass over rows of several sequences, one after the other."""

    cos: Tensor  # [rows, head_dim]
    sin: Tensor  # [rows, head_dim]
    runs: list[Placed]
    padding: int  # rows behind them
    places: Tensor | None  # the wanted rows [wanted]; None: all of them


class Attention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, kv_size = config.hidden_size, config.num_key_value_heads * config.head_dim
        self.head_dim, self.kv_heads = config.head_dim, config.num_key_value_heads
        self.turned_heads = config.num_attention_heads + config.num_key_value_heads
        self.q_proj = nn.Linear(size, size, bias=config.use_bias)
        self.k_proj = nn.Linear(size, kv_size, bias=config.use_bias)
        self.v_proj = nn.Linear(size, kv_size, bias=config.use_bias)
        self.o_proj = nn.Linear(size, size, bias=config.use_bias)
        self.qkv_proj: nn.Module | None = None  # all three in one, once frozen
        self.attend = attend  # training has its own

    def join(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of one projection to queries, keys and values."""
        parts = (self.q_proj, self.k_proj, self.v_proj)
        bias = None if self.q_proj.bias is None else torch.cat([part.bias for part in parts])
        return torch.cat([part.weight for part in parts]), bias

    def project(self, x: Tensor) -> Tensor:
        """x [..., hidden] -> [..., size of all heads: those of queries, then of keys, then of values]."""
        projection = self.qkv_proj
        joined: Tensor = F.linear(x, *self.join()) if projection is None else projection(x)
        return joined

    def heads(self, joined: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """joined [B, T, ...] -> queries [B, heads, T, d], keys and values [B, kv_heads, T, d]; cos and sin [T, d]."""
        heads = joined.view(joined.shape[0], joined.shape[1], -1, self.head_dim).transpose(1, 2)
        turned = rotate(heads[:, : self.turned_heads], cos, sin)
        return turned[:, : -self.kv_heads], turned[:, -self.kv_heads :], heads[:, self.turned_heads :]

    @torch.no_grad()
    def freeze(self) -> None:
        """Puts one projection, for inference, in the place of the three."""
        weight, bias = self.join()
        joined = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta")
        joined.weight = nn.Parameter(weight, requires_grad=False)
        if bias is not None:
            joined.bias = nn.Parameter(bias, requires_grad=False)
        self.qkv_proj = joined
        del self.q_proj, self.k_proj, self.v_proj

    def forward(self, x: Tensor, at: Positions) -> Tensor:
        """x [B, T, hidden] -> [B, T, hidden], causal."""
        q, k, v = self.heads(self.project(x), at.cos, at.sin)
        out: Tensor = self.o_proj(self.attend(q, k, v, at))
        return out

    def flat(self, x: Tensor, at: Flat, layer: int) -> Tensor:
        """x [rows, hidden] -> [rows, hidden]; each run over its own cache. Padding looks at nothing and is zero."""
        seen = []
        for placed, q, keys, values in self.stored(x, at, layer):
            seen.append(self.attend(q, keys, values, placed.at)[0])
        if at.padding:
            seen.append(x.new_zeros(at.padding, seen[0].shape[1]))
        out: Tensor = self.o_proj(seen[0] if len(seen) == 1 else torch.cat(seen))
        return out

    def last(self, x: Tensor, at: Flat, layer: int) -> Tensor | None:
        """As `flat`, for the wanted rows alone [wanted, hidden]; None where there are none."""
        seen = []
        for placed, q, keys, values in self.stored(x, at, layer):
            if placed.wanted is not None:
                (cache, rows, first, _), wanted = placed.run, placed.wanted
                count = len(wanted.cos)
                q = q if count == rows else q.narrow(2, first, count)
                end = cache.length + first + count  # the last query stands at the last key
                seen.append(self.attend(q, keys.narrow(2, 0, end), values.narrow(2, 0, end), wanted)[0])
        if not seen:
            return None
        out: Tensor = self.o_proj(seen[0] if len(seen) == 1 else torch.cat(seen))
        return out

    def stored(self, x: Tensor, at: Flat, layer: int) -> Iterator[tuple[Placed, Tensor, Tensor, Tensor]]:
        """Each run's queries [1, heads, rows, d], and all its keys and values, its rows' among them."""
        heads = self.heads(self.project(x)[None], at.cos, at.sin)
        for placed in at.runs:
            cache, rows = placed.run.cache, placed.run.rows
            q, k, v = heads if rows == len(x) else (part.narrow(2, placed.start, rows) for part in heads)
            yield placed, q, *cache.store(layer, k, v)


class MLP(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.c_fc = nn.Linear(config.hidden_size, config.intermediate_size, bias=config.use_bias)
        self.c_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=config.use_bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))
        return out


class Block(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = MLP(config)
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.norm_epsilon)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.norm_epsilon)

    def forward(self, x: Tensor, at: Positions) -> Tensor:
        """x [B, T, hidden] -> [B, T, hidden]."""
        x = x + self.self_attn(self.input_layernorm(x), at)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out

    def flat(self, x: Tensor, at: Flat, layer: int) -> Tensor:
        """x [rows, hidden] -> [rows, hidden]."""
        x = x + self.self_attn.flat(self.input_layernorm(x), at, layer)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out

    def last(self, x: Tensor, at: Flat, layer: int) -> Tensor:
        """x [rows, hidden] -> [wanted, hidden]: behind the last layer's keys and values nobody needs the other rows."""
        seen = self.self_attn.last(self.input_layernorm(x), at, layer)
        if seen is None:
            return x[:0]
        x = seen + (x if at.places is None else x[at.places])
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class Trunk(nn.Module):
    """Everything but the output layer; `model.` in the checkpoints' names."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        # Left as it is in memory: its initialisation would import torch's compiler, a second of every start.
        rows = torch.empty(config.vocab_size, config.hidden_size)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, _weight=rows)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.norm_epsilon)
        self._rotary: tuple[Tensor, Tensor] | None = None

    def rotary(self, end: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin for positions 0..end-1 at least."""
        if self._rotary is None or len(self._rotary[0]) < end or not same_place(self._rotary[0], like):
            with torch.inference_mode(False):  # the table may serve a training pass later
                self._rotary = rotary_table(self.config, max(2 * end, 512), like.dtype, like.device)
        return self._rotary

    def positions(self, start: int, end: int, like: Tensor, cached: bool) -> Positions:
        """What the layers share in a pass over positions start..end-1."""
        cos, sin = (table[start:end] for table in self.rotary(end, like))
        length, window = end - start, self.config.sliding_window
        span = end if window is None else min(end, window + length - 1)
        inside = start == 0 and (window is None or end <= window)
        products = cached and products_pay(start, length, like)
        plain = length == 1 or (inside and not products)
        mask = None if plain else window_mask(length, span, window, like.dtype, like.device)
        shared = self.config.num_attention_heads // self.config.num_key_value_heads
        folded = mask.repeat(shared, 1) if mask is not None and (products or length <= FOLDED) else None
        return Positions(cos, sin, span, mask, products, folded)

    def flat_positions(self, runs: Sequence[Run], like: Tensor) -> Flat:
        """What the layers share in a pass over rows `like` [rows, hidden] of these runs."""
        placed: list[Placed] = []
        places: list[int] = []
        start = 0
        for run in runs:
            cache, rows, first, wanted = run
            at = self.positions(cache.length, cache.length + rows, like, cached=True)
            count = rows if wanted is None else wanted
            some: Positions | None = at
            if count != rows:
                begin = cache.length + first
                some = self.positions(begin, begin + count, like, cached=True) if count else None
            places += range(start + first, start + first + count)
            placed.append(Placed(run, start, at, some))
            start += rows
        coses, sines = [one.at.cos for one in placed], [one.at.sin for one in placed]
        cos, sin = (torch.cat(coses), torch.cat(sines)) if len(placed) > 1 else (coses[0], sines[0])
        padding = len(like) - start
        if padding:
            cos, sin = (F.pad(table, (0, 0, 0, padding)) for table in (cos, sin))
        chosen = None if len(places) == len(like) else torch.tensor(places, device=like.device)
        return Flat(cos, sin, placed, padding, chosen)

    def forward(self, ids: Tensor, runs: Sequence[Run] | None = None) -> Tensor:
        """The normalised last hidden states: ids [B, T] -> [B, T, hidden], with `runs` ids [rows] -> [wanted, hidden].

        Rows behind those of the runs are padding and belong to nobody. Caches grow once the whole pass has succeeded.
        """
        x = self.embed_tokens(ids)
        if runs is None:
            at = self.positions(0, ids.shape[1], x, cached=False)
            for layer in self.layers:
                x = layer(x, at)
        else:
            flat = self.flat_positions(runs, x)
            final = len(self.layers) - 1
            for index, layer in enumerate(self.layers):
                x = (layer.last if index == final else layer.flat)(x, flat, index)  # type: ignore[operator]
        out: Tensor = self.norm(x)
        for run in runs or ():
            run.cache.length += run.rows
        return out


def same_place(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.device == other.device


class Starcoder2(nn.Module):
    """The embedding is not initialised: weights are to be loaded or drawn."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Trunk(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.tie()

    def tie(self) -> None:
        """Lets the output layer share the embedding where the configuration says so."""
        if self.config.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    def freeze(self) -> Starcoder2:
        """Makes the model ready for inference only, with the type and device that it now has. Once."""
        for module in self.modules():
            if isinstance(module, Attention):
                module.freeze()
        return self.eval().requires_grad_(False)

    def forward(self, ids: Tensor, runs: Sequence[Run] | None = None) -> Tensor:
        """Logits of each position: ids [B, T] -> [B, T, vocab], or with `runs` ids [rows] -> [rows, vocab]."""
        out: Tensor = self.lm_head(self.model(ids, runs))
        return out
