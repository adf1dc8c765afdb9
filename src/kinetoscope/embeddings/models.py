"""The nouns of embeddings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Vector = Sequence[float]
"""An embedding of length 1: the product of two is the cosine of their angle."""


@dataclass(frozen=True, slots=True)
class Model:
    """What made a vector. Vectors of two models never mix: `sha256` tells also versions apart."""

    name: str
    sha256: str
    dimensions: int


class EmbedderUnavailable(Exception):  # noqa: N818 - it reads as what it is
    """No vectors can be had at the moment; the message says why. Nobody waits for them: text works alone."""


class Embedder(Protocol):
    """Makes vectors of texts. `patience_seconds` is how long a query is worth waiting for."""

    patience_seconds: float

    async def model(self) -> Model:
        """Return which model it is; refuses with `EmbedderUnavailable` while that is not known."""
        ...

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Return one vector for each text, in their order; refuses with `EmbedderUnavailable`."""
        ...

    async def open(self) -> None:
        """Begin; nothing is loaded until it is needed."""
        ...

    async def close(self) -> None:
        """End what is under way."""
        ...
