"""The embedding: one row per token, the mean of a text's rows, trained so that pairs stand close.

Symmetric InfoNCE over a batch of one source, on the first 256 and on the first 128 or 64 dimensions (Matryoshka).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from knowledge_base.training.batches import Batch, BatchMaker

logger = logging.getLogger(__name__)

DIMENSIONS = 256


@dataclass(frozen=True)
class Recipe:
    """The numbers of one training run."""

    steps: int = 7_500
    batch_size: int = 2_048
    learning_rate: float = 0.03
    warm_up: int = 100
    scale: float = 20.0
    seed: int = 7


def train_embedding(batches: BatchMaker, compositions: sp.csr_matrix, recipe: Recipe) -> NDArray[np.float32]:
    """Train and return the folded matrix (token × dimension)."""
    torch.manual_seed(recipe.seed)
    own = torch.randn(compositions.shape[0], DIMENSIONS) * 0.1
    shared = torch.randn(compositions.shape[1], DIMENSIONS) * 0.5
    own.grad, shared.grad = torch.zeros_like(own), torch.zeros_like(shared)
    optimizer = torch.optim.Adam([own, shared], lr=recipe.learning_rate, fused=True)
    started, losses = time.monotonic(), []
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * _rate(step, recipe)
        losses.append(_take_step(batches.draw_batch(), own, shared, compositions, recipe, step))
        optimizer.step()
        if step % 200 == 199:
            logger.info("step %d loss %.3f %.0f s", step + 1, np.mean(losses[-200:]), time.monotonic() - started)
    folded: NDArray[np.float32] = own.numpy() + compositions @ shared.numpy()
    return folded


def _rate(step: int, recipe: Recipe) -> float:
    return min(1.0, (step + 1) / recipe.warm_up) * max(0.02, 1.0 - step / recipe.steps)


def _take_step(
    batch: Batch, own: torch.Tensor, shared: torch.Tensor, compositions: sp.csr_matrix, recipe: Recipe, step: int
) -> float:
    """Gradients of one batch; the sparse products are by hand, because autograd's are several times slower."""
    parts = compositions[batch.tokens]
    rows = own.numpy()[batch.tokens] + parts @ shared.numpy()
    left = torch.from_numpy(batch.left @ rows).requires_grad_()
    right = torch.from_numpy(batch.right @ rows).requires_grad_()
    alike = torch.from_numpy(batch.alike)
    short = (128, 64)[(step // 2) % 2] if step % 2 else 0
    loss = contrast(left, right, alike, recipe.scale)
    if short:
        loss = loss + 0.5 * contrast(left[:, :short], right[:, :short], alike, recipe.scale)
    loss.backward()  # type: ignore[no-untyped-call]
    assert left.grad is not None and right.grad is not None and own.grad is not None and shared.grad is not None
    gradient = batch.left.T @ left.grad.numpy() + batch.right.T @ right.grad.numpy()
    own.grad.zero_()
    own.grad.numpy()[batch.tokens] = gradient
    shared.grad.copy_(torch.from_numpy(parts.T @ gradient))
    return float(loss.detach())


def contrast(left: torch.Tensor, right: torch.Tensor, alike: torch.Tensor, scale: float) -> torch.Tensor:
    """InfoNCE both ways; ``alike`` marks pairs that share a text and so are no negatives."""
    left = torch.nn.functional.normalize(left, dim=1)
    right = torch.nn.functional.normalize(right, dim=1)
    similar = (left.bfloat16() @ right.bfloat16().T).float()
    weight = torch.exp(scale * (similar - 1.0)).masked_fill(alike, 0.0)
    found = scale * ((left * right).sum(dim=1) - 1.0)
    return (0.5 * (weight.sum(dim=1).log() + weight.sum(dim=0).log()) - found).mean()
