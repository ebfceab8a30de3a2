"""Muon: an optimizer that needs fewer tokens than AdamW for the same loss.

The gradient of a matrix mostly points along a few directions. Muon replaces it by the nearest
matrix whose singular values are all alike, so that an update moves along all directions. It is
made for the matrices inside the blocks; AdamW keeps embeddings, head, biases and norms.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; its scale
as in Liu et al. 2025, "Muon is Scalable for LLM Training". The update itself is PyTorch's.

The bonus notebook notebooks/bonus/scaling_pretraining.ipynb says what it is for.
"""

import torch

from llmutils.model import GPTModel


class MuonAdamW:
    """Two optimizers that `train_model` can use as one.

    Args:
        model: whose parameters they update.
        lr: learning rate of AdamW.
        muon_lr: learning rate of Muon; as scaled here, that of AdamW, or twice as much.
        weight_decay: share of a matrix, times its lr, taken away at each update.
    """

    def __init__(
        self, model: GPTModel, lr: float = 1e-3, muon_lr: float = 2e-3, weight_decay: float = 0.1
    ) -> None:
        inside = [p for p in model.blocks.parameters() if p.dim() == 2]
        rest = [p for p in model.parameters() if all(p is not matrix for matrix in inside)]
        groups = [
            {"params": [p for p in rest if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
        ]
        self.optimizers = [
            torch.optim.Muon(
                inside, lr=muon_lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=True),
        ]

    @property
    def param_groups(self) -> list[dict]:
        """The parameters and settings of both, Muon's first."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self) -> None:
        """Update all parameters."""
        for optimizer in self.optimizers:
            optimizer.step()

    def state_dict(self) -> dict:
        """Return both states."""
        return {"optimizers": [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state: dict) -> None:
        """Go back to what `state_dict` returned."""
        for optimizer, part in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(part)
