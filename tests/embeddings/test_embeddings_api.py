"""Embeddings over HTTP, in ZeroDB's shape and in OpenAI's."""

import base64
import struct
from typing import Any

import pytest

from support.cast import Person


@pytest.mark.parametrize("path", ["embeddings/generate", "public/embeddings/generate"])
async def test_texts_become_vectors(alice: Person, path: str) -> None:
    body = {"texts": ["green tea", "black coffee"], "model": "BAAI/bge-small-en-v1.5", "normalize": True}
    answer = (await alice.post(f"/api/v1/{path}", json=body)).json()
    assert (answer["count"], answer["dimensions"], answer["model"]) == (2, 384, "all-MiniLM-L6-v2")
    assert [len(vector) for vector in answer["embeddings"]] == [384, 384]
    assert answer["processing_time_ms"] > 0


async def test_openais_clients_get_what_they_know(alice: Person) -> None:
    one = (await alice.post("/api/v1/embeddings", json={"input": "green tea"})).json()
    assert (one["object"], one["data"][0]["object"], one["data"][0]["index"]) == ("list", "embedding", 0)
    wish = {"input": ["green tea", "tea"], "encoding_format": "base64", "model": "text-embedding-3-small"}
    packed = (await alice.post("/api/v1/embeddings", json=wish)).json()
    assert [row["index"] for row in packed["data"]] == [0, 1]
    unpacked = struct.unpack("<384f", base64.b64decode(packed["data"][0]["embedding"]))
    # Not the very same numbers: 8-bit arithmetic scales to all texts of a batch.
    assert sum(a * b for a, b in zip(unpacked, one["data"][0]["embedding"], strict=True)) > 0.95


@pytest.mark.parametrize(
    "body",
    [{}, {"texts": []}, {"texts": ["x"] * 101}, {"texts": [7]}, {"texts": ["a\u0000"]}, {"texts": "x"}],
)
async def test_bad_input_is_refused(alice: Person, body: dict[str, Any]) -> None:
    assert (await alice.post("/api/v1/embeddings/generate", json=body)).status_code == 422
