"""The JSON of embeddings, in ZeroDB's shape and in OpenAI's."""

import base64
import struct
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..http.values import LongText, ShortName
from .models import Vector
from .service import Generated

_ModelName = Annotated[
    str | None,
    Field(max_length=255, description="Of any name; there is one model here, and the answer says which"),
]
Texts = Annotated[list[LongText], Field(min_length=1, max_length=100)]


class TextsToEmbed(BaseModel):
    """Texts that vectors are wanted for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": ["How to brew green tea"]}]})

    texts: Texts
    model: _ModelName = None
    normalize: bool = Field(True, strict=True, description="Vectors have length 1 in any case")


class EmbeddingsOut(BaseModel):
    """Vectors in the order of their texts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "embeddings": [[0.048, -0.071, 0.012]],
                    "model": "all-MiniLM-L6-v2",
                    "dimensions": 384,
                    "count": 1,
                    "processing_time_ms": 2.9,
                }
            ]
        }
    )

    embeddings: list[list[float]]
    model: str
    dimensions: int
    count: int
    processing_time_ms: float

    @classmethod
    def of(cls, generated: Generated, *, seconds: float) -> "EmbeddingsOut":
        """Return vectors as JSON shows them."""
        return cls(
            embeddings=[list(vector) for vector in generated.vectors],
            model=generated.model.name,
            dimensions=generated.model.dimensions,
            count=len(generated.vectors),
            processing_time_ms=round(seconds * 1000, 2),
        )


class OpenAiInput(BaseModel):
    """Texts that vectors are wanted for, in OpenAI's shape."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"input": "How to brew green tea"}]})

    input: LongText | Texts
    model: _ModelName = None
    encoding_format: Literal["float", "base64"] = "float"
    user: ShortName | None = None

    def texts(self) -> list[str]:
        """Return what was sent as a list."""
        return [self.input] if isinstance(self.input, str) else self.input


class OpenAiEmbedding(BaseModel):
    """One vector: numbers, or with `base64` their 32-bit little-endian bytes."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class OpenAiUsage(BaseModel):
    """What was read: words, as a measure of it."""

    prompt_tokens: int
    total_tokens: int


class OpenAiEmbeddings(BaseModel):
    """Vectors in the order of their texts, in OpenAI's shape."""

    object: Literal["list"] = "list"
    data: list[OpenAiEmbedding]
    model: str
    usage: OpenAiUsage

    @classmethod
    def of(cls, asked: OpenAiInput, generated: Generated) -> "OpenAiEmbeddings":
        """Return vectors as OpenAI's clients read them."""
        tokens = sum(len(text.split()) for text in asked.texts())
        packed = asked.encoding_format == "base64"
        return cls(
            data=[
                OpenAiEmbedding(index=index, embedding=_packed(vector) if packed else list(vector))
                for index, vector in enumerate(generated.vectors)
            ],
            model=generated.model.name,
            usage=OpenAiUsage(prompt_tokens=tokens, total_tokens=tokens),
        )


def _packed(vector: Vector) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
