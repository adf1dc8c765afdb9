"""A believable example of any schema: its own, or one put together from its parts."""

from collections.abc import Iterator
from typing import Any

from .schemas import Schema, Schemas

_ID = "019a53c8-7e55-73b9-a1b4-4e5f6a7b8c9d"
_FORMATS = {"uuid": _ID, "date-time": "2026-11-05T09:30:00Z", "binary": "…"}
_TYPES: dict[str, object] = {"string": "…", "integer": 1, "number": 0.5, "boolean": False, "null": None}
_PYTHON = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}

# For fields whose schema gives no example, and no request is an example of.
_CUSTOMARY: dict[str, object] = {
    "user_id": "019a53b0-21c4-7d0e-8f66-0b9d3c5e7a11",
    "project_id": "019a53b0-21d9-7a42-9c3e-5f1e8d7b6a20",
    "updated_at": "2026-11-05T10:15:00Z",
    "expires_at": "2026-11-06T09:30:00Z",
    "author": "Alice",
    "username": "alice@example.org",
    "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9…",
    "refresh_token": "rt_8Kd2vQ5x…",
    "expires_in": 1800,
    "prefix": "sk_4fT0pZ",
    "page_size": 20,
    "view_count": 128,
    "like_count": 12,
    "share_count": 3,
    "width": 1920,
    "height": 1080,
    "size_bytes": 734003200,
    "bit_rate": 2500000,
    "content_type": "video/mp4",
    "url": "https://video.example.org/api/v1/videos/019a53c8…/playback",
    "mp4_url": "https://video.example.org/media/9bq0…/main.mp4",
    "thumbnail_url": "https://video.example.org/media/9bq0…/poster.jpg",
    "storyboard_url": "https://video.example.org/media/9bq0…/storyboard.vtt",
    "video_codec": "h264",
    "audio_codec": "aac",
    "status": "ready",
}


class Examples:
    """Examples of a document's schemas.

    A field without an example borrows the value that a request's example has for a field of this name:
    first from requests to the same resource, then from any.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas = Schemas(document)
        self._of_resource: dict[str, dict[str, object]] = {}
        self._of_any: dict[str, object] = {}
        for path, item in document["paths"].items():
            for operation in item.values():
                self._learn(path, operation)

    def of(self, schema: Schema, path: str) -> object:
        """Return an example of what a schema describes, for an operation on a path."""
        return self._value(schema, {**self._of_any, **self._of_resource.get(_resource(path), {})}, "")

    def _learn(self, path: str, operation: dict[str, Any]) -> None:
        for media in operation.get("requestBody", {}).get("content", {}).values():
            plain, _ = self._schemas.without_null(media.get("schema", {}))
            for example in plain.get("examples", []):
                for name, value in example.items():
                    self._of_resource.setdefault(_resource(path), {}).setdefault(name, value)
                    self._of_any.setdefault(name, value)

    def _value(self, schema: Schema, known: dict[str, object], name: str) -> object:
        plain, nullable = self._schemas.without_null(schema)
        for candidate in self._given(plain, known, name):
            if _fits(candidate, plain):
                return candidate
        if plain.get("properties"):
            return {key: self._value(inner, known, key) for key, inner in plain["properties"].items()}
        return None if nullable else self._invented(plain, known, name)

    def _invented(self, plain: Schema, known: dict[str, object], name: str) -> object:
        choices: list[Schema] = plain.get("anyOf") or plain.get("oneOf") or []
        if choices:
            return self._value(choices[0], known, name)
        kind = str(plain.get("type"))
        if kind == "array":
            return [self._value(plain.get("items", {}), known, "")]
        return {} if kind == "object" else _FORMATS.get(plain.get("format", ""), _TYPES.get(kind, "…"))

    def _given(self, plain: Schema, known: dict[str, object], name: str) -> Iterator[object]:
        yield from plain.get("examples", [])
        if "const" in plain:
            yield plain["const"]
        if name in known:
            yield known[name]
        if plain.get("default") is not None:
            yield plain["default"]
        if name in _CUSTOMARY:
            yield _CUSTOMARY[name]
        yield from plain.get("enum", [])


def _fits(value: object, plain: Schema) -> bool:
    kind = _PYTHON.get(str(plain.get("type")))
    if kind is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        return False
    return "enum" not in plain or value in plain["enum"]


def _resource(path: str) -> str:
    return path.partition("/{")[0]
