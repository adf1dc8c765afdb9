"""Embeddings over HTTP, so that programs written for ZeroDB's or OpenAI's work here unchanged."""

import time
from typing import Annotated

from fastapi import Depends

from ..http.declare import Access, declare
from ..http.gate import gated_router
from ..http.request import SignedIn, provided
from .refusals import EmbeddingsUnavailable
from .schemas import EmbeddingsOut, OpenAiEmbeddings, OpenAiInput, TextsToEmbed
from .service import Generating

router = gated_router(prefix="/api/v1", tags=["embeddings"])

Service = Annotated[Generating, Depends(provided(Generating))]


@router.post("/public/embeddings/generate", **declare(Access.SIGNED_IN, EmbeddingsUnavailable))
@router.post("/embeddings/generate", **declare(Access.SIGNED_IN, EmbeddingsUnavailable))
async def generate_embeddings(body: TextsToEmbed, _: SignedIn, generating: Service) -> EmbeddingsOut:
    """Return a vector for each text, by the model that search uses. Long texts are cut at 256 tokens."""
    began = time.perf_counter()
    generated = await generating.generate(body.texts)
    return EmbeddingsOut.of(generated, seconds=time.perf_counter() - began)


@router.post("/embeddings", **declare(Access.SIGNED_IN, EmbeddingsUnavailable))
async def create_embeddings(body: OpenAiInput, _: SignedIn, generating: Service) -> OpenAiEmbeddings:
    """Do the same in the shape of OpenAI's embeddings."""
    return OpenAiEmbeddings.of(body, await generating.generate(body.texts()))
