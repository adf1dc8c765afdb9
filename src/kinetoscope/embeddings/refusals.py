"""Why embeddings refuse."""

from ..kernel.errors import Refusal


class EmbeddingsUnavailable(Refusal):
    """No model answers at the moment, or none is set up."""

    status = 503
    code = "embeddings_unavailable"
    detail = "No embedding model answers at the moment. Try again in some seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})
