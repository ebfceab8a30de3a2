"""Muon: an optimizer that needs fewer tokens than AdamW for the same loss.

The gradient of a matrix mostly points along a few directions. Muon replaces it by the nearest
matrix whose singular values are all alike, so that one step moves along all directions. It is made
for the matrices inside the blocks; AdamW keeps embeddings, head, biases and norms.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the scale
of a step as in Liu et al. 2025, "Muon is Scalable for LLM Training".

Built in notebooks/bonus/scaling_pretraining.ipynb
"""

import torch

from llmutils.model import GPTModel
from llmutils.train import has_bf16


def orthogonalize(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Bring the singular values of matrices close to 1, by Newton-Schulz iterations.

    A step maps a singular value s to 3.4445 s - 4.7750 s³ + 2.0315 s⁵; after five, those
    that began above about 0.002 lie between about 0.7 and 1.2. It needs products only, no
    decomposition, and bfloat16 is exact enough where the device has instructions for it.

    Args:
        matrices: (..., rows, columns).
        steps: iterations.
    """
    x = matrices.bfloat16() if has_bf16(matrices.device) else matrices.float()
    wide = x.shape[-2] <= x.shape[-1]
    x = x if wide else x.mT  # the products are then of the smaller size
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)  # no singular value above 1
    for _ in range(steps):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x if wide else x.mT).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose direction is orthogonalized, for matrices.

    Args:
        params: matrices, or groups of them.
        lr: learning rate. A step has the root mean square 0.2 · lr, about that of AdamW, so a
            rate that suits AdamW suits here.
        momentum: share of the average gradient that a step keeps; the step looks ahead (Nesterov).
        weight_decay: share of a matrix, times lr, taken away at each step.
    """

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.1):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        """Update all matrices that have a gradient."""
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            shapes: dict[torch.Size, list[torch.nn.Parameter]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    shapes.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in shapes.items():  # those of one shape in one batched product
                directions = []
                for matrix in matrices:
                    state = self.state[matrix]
                    average = state.setdefault("average", torch.zeros_like(matrix))
                    average.lerp_(matrix.grad, 1 - momentum)
                    directions.append(matrix.grad.lerp(average, momentum))
                directions = orthogonalize(torch.stack(directions))  # (number, rows, columns)
                # 1 / sqrt(max(shape)) is the root mean square of an orthogonal matrix
                scale = 0.2 * max(shape) ** 0.5
                for matrix, direction in zip(matrices, directions, strict=True):
                    matrix.mul_(1 - lr * group["weight_decay"])
                    matrix.add_(direction, alpha=-lr * scale)


class MuonAdamW:
    """Muon and AdamW as one optimizer: what `training_step` needs of it, and its state.

    Args:
        model: whose trainable parameters they update.
        lr: learning rate of AdamW.
        muon_lr: learning rate of Muon, for the matrices inside the blocks.
        weight_decay: share of a matrix, times its lr, taken away at each step.
        betas: of AdamW.
    """

    def __init__(
        self,
        model: GPTModel,
        lr: float = 1e-3,
        muon_lr: float = 2e-3,
        weight_decay: float = 0.1,
        betas: tuple[float, float] = (0.9, 0.95),
    ) -> None:
        trainable = [p for p in model.parameters() if p.requires_grad]
        inside = {id(p) for p in model.blocks.parameters() if p.dim() == 2}
        rest = [p for p in trainable if id(p) not in inside]
        groups = [
            {"params": [p for p in rest if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in rest if p.dim() < 2], "weight_decay": 0.0},
        ]
        matrices = [p for p in trainable if id(p) in inside]
        self.optimizers = [
            Muon(matrices, lr=muon_lr, weight_decay=weight_decay),
            torch.optim.AdamW(groups, lr=lr, betas=betas, fused=True),
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
