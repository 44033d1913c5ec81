"""StarCoder2 in plain torch. Parameter names are those of the Hugging Face checkpoints.

Architecture: https://arxiv.org/abs/2402.19173, section 6: grouped-query attention with rotary positions and a
sliding window, LayerNorm with bias, biased linears, and a plain tanh-GELU MLP.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jupyter_sc2.engine.cache import KVCache
from jupyter_sc2.engine.config import ModelConfig


class Positions(NamedTuple):
    """What every layer shares in a pass over T new positions."""

    cos: Tensor  # [T, head_dim]
    sin: Tensor  # [T, head_dim], its first half negated: see `rotate`
    span: int  # newest keys that any of the queries may look at; the last query stands at the last key
    mask: Tensor | None  # [T, span], added to the scores; None: plainly causal
    products: bool  # whether to use `attend_by_products`


def rotary_table(config: ModelConfig, count: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """cos and sin for positions 0..count-1, each [count, head_dim]; computed in fp32 as transformers does."""
    powers = torch.arange(0, config.head_dim, 2, device=device, dtype=torch.float32) / config.head_dim
    angles = torch.arange(count, device=device).float()[:, None] * (1.0 / config.rope_theta**powers)[None, :]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), dim=-1).to(dtype), torch.cat((-sin, sin), dim=-1).to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Applies rotary positions to x [B, heads, T, head_dim]: halves (a, b) become (a cos - b sin, b cos + a sin)."""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def window_mask(queries: int, keys: int, window: int | None, dtype: torch.dtype, device: torch.device) -> Tensor:
    """[queries, keys], 0 where a query may look and -inf elsewhere: causal, `window` positions with its own.

    The last query stands at the last key.
    """
    hidden = torch.full((queries, keys), float("-inf"), dtype=dtype, device=device)
    mask = hidden.triu(keys - queries + 1)
    return mask if window is None else mask.add_(hidden.tril_(keys - queries - window))


def attend(q: Tensor, k: Tensor, v: Tensor, at: Positions) -> Tensor:
    """q [B, heads, T, d] over k, v [B, kv_heads, S, d] -> [B, T, heads * d]."""
    batch, heads, length, size = q.shape
    skipped = k.shape[2] - at.span
    if skipped:
        k, v = k.narrow(2, skipped, at.span), v.narrow(2, skipped, at.span)
    if length == 1:  # one query: the heads that share a key head become its queries, and need no mask
        out = F.scaled_dot_product_attention(q.reshape(batch, k.shape[1], -1, size), k, v)
        return out.reshape(batch, 1, heads * size)
    if at.products and at.mask is not None:
        out = attend_by_products(q, k, v, at.mask)
    else:
        grouped = heads != k.shape[1]
        out = F.scaled_dot_product_attention(q, k, v, at.mask, is_causal=at.mask is None, enable_gqa=grouped)
    return out.transpose(1, 2).reshape(batch, length, heads * size)


def products_pay(start: int, length: int, like: Tensor) -> bool:
    """torch's attention kernel for CPUs takes 2.5 times as long in bfloat16 as the products it consists of (Zen 5).

    But for each shape that is new to it, oneDNN compiles a product for 0.6 ms and keeps it, 0.7 MB, for ever. So only
    for the few shapes of a long prefill.
    """
    few_shapes = length >= 64 and start % length == 0
    return few_shapes and like.dtype == torch.bfloat16 and like.device.type == "cpu"


def attend_by_products(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """As the kernel, for B = 1: q [1, heads, T, d] over k, v [1, kv_heads, S, d], mask [T, S] -> [1, heads, T, d]."""
    kv_heads, size = k.shape[1], q.shape[3]
    grouped = q.reshape(kv_heads, -1, size)  # the queries of all heads that share a key head
    masks = mask.repeat(grouped.shape[1] // mask.shape[0], 1)
    scores = torch.baddbmm(masks, grouped, k[0].transpose(1, 2), alpha=size**-0.5)
    return torch.bmm(scores.softmax(dim=-1), v[0]).view(q.shape)


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
        self.joined: tuple[Tensor, Tensor | None] | None = None
        self.attend = attend  # training has its own

    def join(self) -> tuple[Tensor, Tensor | None]:
        """Weight and bias of one projection to queries, keys and values."""
        parts = (self.q_proj, self.k_proj, self.v_proj)
        bias = None if self.q_proj.bias is None else torch.cat([part.bias for part in parts])
        return torch.cat([part.weight for part in parts]), bias

    @torch.no_grad()
    def freeze(self) -> None:
        """Joins the projections once, for inference; their weights become views of the joined ones."""
        self.joined = weight, bias = self.join()
        start = 0
        for part in (self.q_proj, self.k_proj, self.v_proj):
            rows = slice(start, start + part.out_features)
            part.weight = nn.Parameter(weight[rows], requires_grad=False)
            if bias is not None:
                part.bias = nn.Parameter(bias[rows], requires_grad=False)
            start = rows.stop

    def forward(self, x: Tensor, at: Positions, cache: KVCache | None, layer: int) -> Tensor:
        """x [B, T, hidden] -> [B, T, hidden]. With a cache B is 1 and x holds the newest T positions."""
        weight, bias = self.joined or self.join()
        heads = F.linear(x, weight, bias).view(x.shape[0], x.shape[1], -1, self.head_dim).transpose(1, 2)
        turned = rotate(heads[:, : self.turned_heads], at.cos, at.sin)
        q, k, v = turned[:, : -self.kv_heads], turned[:, -self.kv_heads :], heads[:, self.turned_heads :]
        if cache is not None:
            k, v = cache.store(layer, k, v)
        out: Tensor = self.o_proj(self.attend(q, k, v, at))
        return out


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

    def forward(self, x: Tensor, at: Positions, cache: KVCache | None, layer: int) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), at, cache, layer)
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

    def positions(self, start: int, end: int, like: Tensor, cached: bool) -> Positions:
        """What the layers share in a pass over positions start..end-1."""
        if self._rotary is None or len(self._rotary[0]) < end or not same_place(self._rotary[0], like):
            with torch.inference_mode(False):  # the table may serve a training pass later
                self._rotary = rotary_table(self.config, max(2 * end, 512), like.dtype, like.device)
        cos, sin = (table[start:end] for table in self._rotary)
        length, window = end - start, self.config.sliding_window
        span = end if window is None else min(end, window + length - 1)
        inside = start == 0 and (window is None or end <= window)
        products = cached and products_pay(start, length, like)
        plain = length == 1 or (inside and not products)
        mask = None if plain else window_mask(length, span, window, like.dtype, like.device)
        return Positions(cos, sin, span, mask, products)

    def forward(self, ids: Tensor, cache: KVCache | None = None) -> Tensor:
        """ids [B, T] -> [B, T, hidden], the normalised last hidden states. A cache (B is 1) grows by T positions."""
        x = self.embed_tokens(ids)
        start = 0 if cache is None else cache.length
        at = self.positions(start, start + ids.shape[1], x, cache is not None)
        for index, layer in enumerate(self.layers):
            x = layer(x, at, cache, index)
        if cache is not None:
            cache.length += ids.shape[1]
        out: Tensor = self.norm(x)
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
        """Makes the model ready for inference only, with the type and device that it now has."""
        for module in self.modules():
            if isinstance(module, Attention):
                module.freeze()
        return self.eval().requires_grad_(False)

    def forward(self, ids: Tensor, cache: KVCache | None = None) -> Tensor:
        """ids [B, T] -> logits [B, T, vocab]; without a cache, a plain causal pass."""
        out: Tensor = self.lm_head(self.model(ids, cache))
        return out
