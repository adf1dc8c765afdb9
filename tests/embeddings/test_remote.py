"""An embedder on another server: both shapes, failures, and being left alone for a while."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from kinetoscope.embeddings import EmbedderUnavailable
from kinetoscope.embeddings.remote import RemoteEmbedder, Server

Answer = Callable[[list[str]], httpx.Response]


class Peer:
    """A server of either shape, which answers as a test wants."""

    def __init__(self, shape: Any, answer: Answer | None = None) -> None:
        self.shape = shape
        self.answer = answer or self.vectors
        self.batches: list[int] = []
        self.seconds = 0.0
        server = Server(shape, "http://vectors.test/embed", "some-model", "secret")
        self.embedder = RemoteEmbedder(
            server, now=lambda: self.seconds, transport=httpx.MockTransport(self._take)
        )

    def vectors(self, texts: list[str], length: int = 3) -> httpx.Response:
        rows = [[float(len(text)), 1.0] + [0.0] * (length - 2) for text in texts]
        if self.shape == "zerodb":
            return httpx.Response(200, json={"embeddings": rows, "count": len(rows)})
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
        return httpx.Response(200, json={"data": data[::-1]})

    def _take(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        body = json.loads(request.content)
        assert body["model"] == "some-model"
        texts: list[str] = body["texts" if self.shape == "zerodb" else "input"]
        self.batches.append(len(texts))
        return self.answer(texts)

    async def fails(self) -> str:
        with pytest.raises(EmbedderUnavailable) as failure:
            await self.embedder.embed(["tea"])
        return str(failure.value)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinetoscope.embeddings.remote._PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize("shape", ["zerodb", "openai"])
async def test_texts_go_in_batches_of_a_hundred_and_keep_their_order(shape: str) -> None:
    peer = Peer(shape)
    await peer.embedder.open()
    vectors = await peer.embedder.embed(["x" * n for n in range(1, 251)])
    assert peer.batches == [100, 100, 50]
    assert [round(vector[0] / vector[1]) for vector in vectors] == list(range(1, 251))
    assert sum(value * value for value in vectors[7]) == pytest.approx(1)
    model = await peer.embedder.model()
    assert (model.name, model.dimensions) == ("some-model", 3)
    await peer.embedder.close()


async def test_what_fails_in_passing_is_tried_again() -> None:
    peer = Peer("openai")
    await peer.embedder.open()
    left = iter([httpx.Response(503), httpx.Response(429)])

    def answer(texts: list[str]) -> httpx.Response:
        return next(left, None) or peer.vectors(texts)

    peer.answer = answer
    assert len(await peer.embedder.embed(["tea"])) == 1
    await peer.embedder.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401),
        httpx.Response(200, text="hello"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": []}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": []}]}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": ["x"]}]}),
        httpx.Response(200, json={"data": [{"index": 0, "embedding": [0.0, 0.0]}]}),
        httpx.Response(200, json={"data": [{"index": n, "embedding": [1.0]} for n in range(2)]}),
        httpx.Response(200, text='{"data": [{"index": 0, "embedding": [NaN, 1]}]}'),
    ],
)
async def test_an_answer_of_another_form_is_a_failure(answer: httpx.Response) -> None:
    peer = Peer("openai", lambda _: answer)
    await peer.embedder.open()
    assert (await peer.fails()).endswith(".")
    await peer.embedder.close()


async def test_vectors_of_another_length_than_before_are_a_failure() -> None:
    peer = Peer("openai")
    await peer.embedder.open()
    await peer.embedder.model()
    peer.answer = partial(peer.vectors, length=4)
    assert "length" in await peer.fails()
    await peer.embedder.close()


async def test_a_server_that_keeps_failing_is_left_alone_for_half_a_minute() -> None:
    peer = Peer("zerodb", lambda _: httpx.Response(500))
    await peer.embedder.open()
    for _ in range(3):
        await peer.fails()
    asked = len(peer.batches)
    assert "left alone" in await peer.fails()
    assert len(peer.batches) == asked
    peer.seconds = 31.0
    peer.answer = peer.vectors
    assert len(await peer.embedder.embed(["tea"])) == 1
    await peer.embedder.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    def refuse(_: list[str]) -> httpx.Response:
        raise httpx.ConnectError("no")

    peer = Peer("openai", refuse)
    await peer.embedder.open()
    assert "cannot be reached" in await peer.fails()
    await peer.embedder.close()
