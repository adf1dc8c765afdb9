"""Embedding by another server, which speaks ZeroDB's or OpenAI's shape."""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import httpx

from .breaker import Breaker
from .models import EmbedderUnavailable, Model, Vector

Shape = Literal["zerodb", "openai"]

_AT_ONCE = 100
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.2
_SECONDS = 10.0
_WORTH_TRYING_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Server:
    """Where texts are sent, in which shape, and what for."""

    shape: Shape
    url: str
    model: str
    key: str | None = None


class RemoteEmbedder:
    """Sends texts in batches of 100; what fails is tried again, and after some failures left alone.

    What a model is, is known by its answer: its name, and how long its vectors are. An answer of any other
    form (too few vectors, other lengths, no numbers) is a failure too.
    """

    patience_seconds = 1.0

    def __init__(
        self,
        server: Server,
        *,
        now: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._server = server
        self._breaker = Breaker(now)
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._model: Model | None = None

    async def model(self) -> Model:
        """Return which model answers there; asks once."""
        if self._model is None:
            vector = (await self.embed(["How long is a vector?"]))[0]
            identity = hashlib.sha256(f"{self._server.url}\n{self._server.model}".encode()).hexdigest()
            self._model = Model(self._server.model, identity, len(vector))
        return self._model

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Return one vector of length 1 for each text."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), _AT_ONCE):
            vectors += await self._embed_batch(texts[start : start + _AT_ONCE])
        return vectors

    async def open(self) -> None:
        """Make the client; it connects when it is needed."""
        headers = {"Authorization": f"Bearer {self._server.key}"} if self._server.key else {}
        self._client = httpx.AsyncClient(
            headers=headers, timeout=_SECONDS, transport=self._transport, follow_redirects=False
        )

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _embed_batch(self, texts: Sequence[str]) -> list[Vector]:
        if self._breaker.is_open:
            raise EmbedderUnavailable("The embedding server has failed several times; it is left alone.")
        try:
            vectors = _read(await self._answer(texts), self._server.shape, len(texts))
            self._require_known_length(vectors)
        except BaseException:  # also when the caller's time is over: then it was too slow
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return vectors

    def _require_known_length(self, vectors: Sequence[Vector]) -> None:
        if self._model is not None and len(vectors[0]) != self._model.dimensions:
            raise EmbedderUnavailable("The embedding server answers with vectors of another length.")

    async def _answer(self, texts: Sequence[str]) -> object:
        assert self._client is not None, "open() comes first"
        sent = [text or " " for text in texts]
        name = "texts" if self._server.shape == "zerodb" else "input"
        body = {name: sent, "model": self._server.model}
        problem = ""
        for attempt in range(_ATTEMPTS):
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
            try:
                answer = await self._client.post(self._server.url, json=body)
            except (httpx.TransportError, httpx.InvalidURL) as error:
                problem = f"The embedding server cannot be reached: {type(error).__name__}."
                continue
            if answer.is_success:
                return _json(answer)
            problem = f"The embedding server answers with status {answer.status_code}."
            if answer.status_code not in _WORTH_TRYING_AGAIN:
                break
        raise EmbedderUnavailable(problem)


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError as error:
        raise EmbedderUnavailable("The embedding server's answer is no JSON.") from error


def _read(body: object, shape: Shape, count: int) -> list[Vector]:
    try:
        answer = cast("dict[str, Any]", body)
        rows: list[Any] = (
            answer["embeddings"]
            if shape == "zerodb"
            else [row["embedding"] for row in sorted(answer["data"], key=lambda row: row["index"])]
        )
        vectors = [_unit([float(value) for value in row]) for row in rows]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise EmbedderUnavailable("The embedding server's answer cannot be read.") from error
    if len(vectors) != count or len({len(vector) for vector in vectors}) != 1:
        raise EmbedderUnavailable("The embedding server answers with vectors of wrong sizes.")
    return vectors


def _unit(vector: list[float]) -> Vector:
    length = math.sqrt(sum(value * value for value in vector))
    if not (0 < length < math.inf):
        raise ValueError("it has no direction")
    return [value / length for value in vector]


def connect(shape: Shape, url: str, model: str, key: str | None) -> RemoteEmbedder:
    """Return the embedder of a server."""
    return RemoteEmbedder(Server(shape, url, model, key))
