"""One training step: a bf16 copy computes, fp32 masters learn. Muon for matrices, AdamW for the rest."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.engine.model import Attention, Starcoder2
from jupyter_sc2.tune.attention import attend_in_blocks

# 5.85M parameters; heads of 64 because the CPU attention kernel is a quarter faster with them than with 32.
BUILT_IN = ModelConfig(
    vocab_size=8192,
    hidden_size=256,
    intermediate_size=832,
    num_hidden_layers=6,
    num_attention_heads=4,
    num_key_value_heads=2,
    rope_theta=10000.0,
    max_position_embeddings=2048,
)
MUON_RATE, ADAM_RATE, CLIP = 4e-3, 3e-3, 1.0


def new_model(config: ModelConfig) -> Starcoder2:
    """Normal(0, 0.02) matrices; zero for what writes into the residual stream, so each block starts as identity."""
    torch.manual_seed(0)
    model = Starcoder2(config)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.02)
        if name.endswith(("o_proj.weight", "c_proj.weight")) or (name.endswith("bias") and "norm" not in name):
            nn.init.zeros_(parameter)
    return model


class CrossEntropy(torch.autograd.Function):
    """Mean cross entropy of `hidden @ weight.T`, a slice of rows at a time, so that no [T, vocab] tensor stays.

    Gradients are computed in the forward pass; hidden [T, d] and weight [vocab, d] are bf16, the sums fp32.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        count, rows = hidden.shape[0], 512
        hidden_grad = torch.empty_like(hidden)
        weight_grad = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        total = torch.zeros((), device=hidden.device)
        for start in range(0, count, rows):
            part, target = hidden[start : start + rows], targets[start : start + rows, None]
            chances = torch.softmax(part @ weight.t(), dim=-1, dtype=torch.float32)
            total -= chances.gather(1, target).clamp_min(1e-20).log().sum()
            chances.scatter_add_(1, target, torch.full_like(target, -1.0, dtype=torch.float32))
            slope = chances.to(hidden.dtype)
            hidden_grad[start : start + rows] = (slope @ weight) / count
            weight_grad += slope.t() @ part
        ctx.save_for_backward(hidden_grad, weight_grad.div_(count).to(weight.dtype))
        return total / count

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        hidden_grad, weight_grad = ctx.saved_tensors
        return hidden_grad * gradient, weight_grad * gradient, None


class Trainer:
    """Holds the fp32 masters, their bf16 copy and the optimizers."""

    def __init__(self, config: ModelConfig, device: torch.device) -> None:
        self.master = new_model(config).to(device)
        self.fast = Starcoder2(config).to(device, torch.bfloat16)
        if device.type == "cpu" and config.sliding_window is None:
            for module in self.fast.modules():
                if isinstance(module, Attention):
                    module.attend = attend_in_blocks
        pairs = dict(self.master.named_parameters())
        matrices = [p for name, p in pairs.items() if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in pairs.items() if p.ndim < 2 or "embed" in name]
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            # Muon: https://kellerjordan.github.io/posts/muon/; rates matched to AdamW's: https://arxiv.org/abs/2502.16982
            "muon": torch.optim.Muon(matrices, lr=MUON_RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
            "adam": torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0),
        }
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        """Copies the masters into the bf16 model."""
        for fast, master in zip(self.fast.parameters(), self.master.parameters(), strict=True):
            fast.copy_(master)

    def loss(self, rows: Tensor) -> Tensor:
        """rows [B, T + 1] of ids -> mean next-id loss in nats."""
        hidden = self.fast.model(rows[:, :-1])
        targets = rows[:, 1:].reshape(-1)
        loss: Tensor = CrossEntropy.apply(hidden.flatten(0, 1), self.fast.lm_head.weight, targets)  # type: ignore[no-untyped-call]
        return loss

    def step(self, rows: Tensor, rate: float, micro_batch: int) -> float:
        """One optimizer step over rows [B, T + 1]; `rate` in 0..1 scales both learning rates."""
        parts = torch.split(rows, micro_batch)
        total = 0.0
        for part in parts:
            loss = self.loss(part) / len(parts)
            torch.autograd.backward(loss)
            total += loss.item()
        for fast, master in zip(self.fast.parameters(), self.master.parameters(), strict=True):
            master.grad = None if fast.grad is None else fast.grad.float()
            fast.grad = None
        nn.utils.clip_grad_norm_(self.master.parameters(), CLIP)
        for name, optimizer in self.optimizers.items():
            optimizer.param_groups[0]["lr"] = rate * {"muon": MUON_RATE, "adam": ADAM_RATE}[name]
            optimizer.step()
        self.refresh()
        return total

    @torch.no_grad()
    def token_losses(self, rows: Tensor) -> Tensor:
        """rows [B, T + 1] -> losses [B, T] in nats."""
        logits = self.fast(rows[:, :-1]).float()
        return F.cross_entropy(logits.transpose(1, 2), rows[:, 1:], reduction="none")
