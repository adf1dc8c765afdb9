"""Holds every answer of every test against the OpenAPI document: status, media type and schema."""

import re
from typing import Any, cast

from fastapi import FastAPI
from httpx import Response
from jsonschema_rs import validator_for

from kinetoscope.http.openapi import build_document

PAGES = ("/watch/", "/call", "/pages/")
"""What is for people: no part of the API."""


class Promise:
    """What the document says of each operation."""

    def __init__(self, api: FastAPI) -> None:
        self._document = build_document(api)
        self._validators: dict[tuple[str, str, int], Any] = {}
        self._paths = [
            (re.compile(re.sub(r"\{(\w+)\}", _pattern, path) + "/?"), path)
            for path in sorted(self._document["paths"], key=lambda path: path.count("{"))
        ]

    async def check(self, answer: Response) -> None:
        """Fail if the answer is one that the document does not speak of."""
        request = answer.request
        if request.url.path.startswith(PAGES):
            return
        found = next((name for rx, name in self._paths if rx.fullmatch(request.url.path)), None)
        operation = self._document["paths"].get(found, {}).get(request.method.lower())
        if operation is None:
            fine = {204} if request.method == "OPTIONS" else {404, 405, 307}
            assert answer.status_code in fine | {405}, f"{request.method} {request.url.path}"
            return
        where = f"{request.method} {found} → {answer.status_code}"
        declared = operation["responses"].get(str(answer.status_code))
        if declared is None:
            assert answer.status_code == 304, f"{where} is not declared"
            return
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = cast("dict[str, Any]", declared.get("content", {}))
        if not content or not kind.endswith(("/json", "+json")) or request.method == "HEAD":
            return
        assert kind in content, f"{where} is {kind}, declared as {list(content)}"
        await answer.aread()
        self._validate(str(found), request.method, answer, content[kind].get("schema"))

    def _validate(self, path: str, method: str, answer: Response, schema: dict[str, Any] | None) -> None:
        if not schema:
            return
        key = (path, method, answer.status_code)
        if key not in self._validators:
            self._validators[key] = validator_for({**schema, "components": self._document["components"]})
        self._validators[key].validate(answer.json())


def _pattern(match: "re.Match[str]") -> str:
    return ".+" if match[1] == "path" else "[^/]+"
