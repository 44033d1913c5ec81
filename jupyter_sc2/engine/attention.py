"""What attention is made of: rotary positions, masks, and which of several ways to compute the same is fast where."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from jupyter_sc2.engine.config import ModelConfig

FOLDED = 16  # queries up to which `attend_folded` is faster: from 1.1 times (16 queries) to 3.6 (2 of 24 heads)


class Positions(NamedTuple):
    """What every layer shares in a pass over T new positions of one sequence, or of several of one length."""

    cos: Tensor  # [T, head_dim]
    sin: Tensor  # [T, head_dim], its first half negated: see `rotate`
    span: int  # newest keys that any of the queries may look at; the last query stands at the last key
    mask: Tensor | None  # [T, span], added to the scores; None: plainly causal
    products: bool  # whether to use `attend_by_products`
    folded: Tensor | None = None  # the mask once for each of the heads that share a key head, one below the other


def rotary_table(config: ModelConfig, count: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """cos and sin for positions 0..count-1, each [count, head_dim]; computed in fp32 as transformers does."""
    powers = torch.arange(0, config.head_dim, 2, device=device, dtype=torch.float32) / config.head_dim
    angles = torch.arange(count, device=device).float()[:, None] * (1.0 / config.rope_theta**powers)[None, :]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), dim=-1).to(dtype), torch.cat((-sin, sin), dim=-1).to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Applies rotary positions to x [..., head_dim]: halves (a, b) become (a cos - b sin, b cos + a sin)."""
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
    if at.folded is not None and length <= FOLDED and batch == 1:
        out = attend_folded(q, k, v, at.folded)
    elif at.products and at.folded is not None:
        out = attend_by_products(q, k, v, at.folded)
    else:
        grouped = heads != k.shape[1]
        out = F.scaled_dot_product_attention(q, k, v, at.mask, is_causal=at.mask is None, enable_gqa=grouped)
    return out.transpose(1, 2).reshape(batch, length, heads * size)


def attend_folded(q: Tensor, k: Tensor, v: Tensor, masks: Tensor) -> Tensor:
    """As the kernel, for B = 1 and few queries: the heads that share a key head become its queries; nothing is copied.

    q [1, heads, T, d] over k, v [1, kv_heads, S, d], masks [heads / kv_heads * T, S] -> [1, heads, T, d].
    """
    shared = q.reshape(1, k.shape[1], -1, q.shape[3])
    return F.scaled_dot_product_attention(shared, k, v, masks).view(q.shape)


def products_pay(start: int, length: int, like: Tensor) -> bool:
    """torch's attention kernel for CPUs takes 2.5 times as long in bfloat16 as the products it consists of (Zen 5).

    But for each shape that is new to it, oneDNN compiles a product for 0.6 ms and keeps it, 0.7 MB, for ever. So only
    for the few shapes of a long prefill.
    """
    few_shapes = length >= 64 and start % length == 0
    return few_shapes and like.dtype == torch.bfloat16 and like.device.type == "cpu"


def attend_by_products(q: Tensor, k: Tensor, v: Tensor, masks: Tensor) -> Tensor:
    """As `attend_folded`, for many queries."""
    kv_heads, size = k.shape[1], q.shape[3]
    grouped = q.reshape(kv_heads, -1, size)  # the queries of all heads that share a key head
    scores = torch.baddbmm(masks, grouped, k[0].transpose(1, 2), alpha=size**-0.5)
    return torch.bmm(scores.softmax(dim=-1), v[0]).view(q.shape)
