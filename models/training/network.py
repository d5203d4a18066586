"""The network of Alkareem & Al-Dergazly (2024) in PyTorch, and its weights as Keras lays them out.

It is trained in PyTorch because that trains in bfloat16 on a plain CPU, four times as fast as Keras
here. `keras_model.build` makes the same network in Keras; a test holds that both give the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from .architecture import CLASSES, DENSE, DROPOUT, FILTERS, FLAT_PX, KERNEL_PX, LayerWeights


class FieldCnn(nn.Module):
    """Five times convolution, ReLU, max pooling; three dense layers; five logits.

    normalised: with batch normalisation of what goes into each layer, and the last layer starting
    at nothing. As padding is 'valid', each can be folded into the layer that it feeds:
    `keras_weights` does, and gives weights of the paper's own layers.
    """

    def __init__(self, normalised: bool) -> None:
        super().__init__()
        channels = (3, *FILTERS)
        sizes = (FLAT_PX * FLAT_PX * FILTERS[-1], *DENSE, CLASSES)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, KERNEL_PX)
            for before, after in zip(channels, FILTERS, strict=False)
        )
        self.dense = nn.ModuleList(
            nn.Linear(before, after) for before, after in itertools.pairwise(sizes)
        )
        self.norms: nn.ModuleList | None = None
        if normalised:
            self.norms = nn.ModuleList(
                [*(nn.BatchNorm2d(n) for n in channels), *(nn.BatchNorm1d(n) for n in DENSE)]
            )
        self.dropout = nn.Dropout(DROPOUT)
        for layer in (*self.convolutions, *self.dense):
            if normalised:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            else:
                nn.init.xavier_uniform_(layer.weight)  # Keras' default
            nn.init.zeros_(layer.bias)
        if normalised:
            nn.init.zeros_(self.dense[-1].weight)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits, shape (n, 5), of pictures of shape (n, 3, side, side), values 0..1.

        side: 200, or 94: then the feature map is a single place, which is taken for all 16.
        """
        for number, convolution in enumerate(self.convolutions):
            x = convolution(self._normal(x, number))
            # Pooling first is the same and leaves a quarter of the values to rectify.
            x = torch.relu(nn.functional.max_pool2d(x, 2))
        first_dense = len(self.convolutions)
        x = self._normal(x, first_dense).expand(-1, -1, FLAT_PX, FLAT_PX)
        x = x.permute(0, 2, 3, 1).flatten(1)
        for number, layer in enumerate(list(self.dense)[:-1], start=first_dense + 1):
            x = self.dropout(self._normal(torch.relu(layer(x)), number))
        return self.dense[-1](x)

    def _normal(self, x: torch.Tensor, number: int) -> torch.Tensor:
        return x if self.norms is None else self.norms[number](x)


def keras_weights(model: FieldCnn) -> list[LayerWeights]:
    """Kernel and bias of each layer in order, batch normalisation folded in; float32."""
    weights = []
    for number, layer in enumerate((*model.convolutions, *model.dense)):
        kernel, bias = _arrays(layer)
        scale, shift = _norm(model, number)
        if kernel.ndim == 4:
            kernel = kernel.transpose(2, 3, 1, 0)
            bias = bias + np.einsum("hwio,i->o", kernel, np.resize(shift, kernel.shape[2]))
        else:
            kernel = kernel.T
            # The flattened feature map has its channels last, each at every place.
            scale, shift = (np.resize(values, len(kernel)) for values in (scale, shift))
            bias = bias + shift @ kernel
        weights.append(((kernel * scale[:, None]).astype(np.float32), bias.astype(np.float32)))
    return weights


def _arrays(layer: nn.Module) -> Iterator[npt.NDArray[np.float64]]:
    return (p.detach().numpy().astype(np.float64) for p in (layer.weight, layer.bias))


def _norm(model: FieldCnn, number: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scale and shift of each channel that goes into a layer, when not training."""
    if model.norms is None:
        return np.ones(1), np.zeros(1)
    norm = model.norms[number]
    gain, offset, mean, variance = (
        values.detach().numpy().astype(np.float64)
        for values in (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    )
    scale = gain / np.sqrt(variance + norm.eps)
    return scale, offset - mean * scale
