"""What holds on every operation, written into the OpenAPI document: ids, errors, headers, examples."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from ..kernel.errors import ChangedMeanwhile
from .declare import NEEDS_CALLER, Access
from .errors import MEDIA_TYPE
from .reference import Examples

Operation = dict[str, Any]

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token (JWT) or an API key",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key"},
}

_PARAMETERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "Makes a retry safe: the same key from the same caller within 24 hours gets the first "
        "answer again",
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": "^[!-~]([ -~]*[!-~])?$",
        },
        "example": "import-2027-03-17-0042",
    },
    "If-Match": {
        "description": "Only change the version with this `ETag`; another one answers 412",
        "schema": {"type": "string"},
        "example": '"7-128"',
    },
    "If-None-Match": {
        "description": "The `ETag` that the caller has; if it is still the present one, the answer is 304",
        "schema": {"type": "string"},
        "example": '"7-128"',
    },
}

_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "Names this request in our log; the caller's own, if it sent a valid one",
        "required": True,
        "schema": {"type": "string"},
    },
    "Location": {"description": "The address of what was made", "schema": {"type": "string"}},
    "ETag": {"description": "The version, for `If-Match` and `If-None-Match`", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` when this is the kept answer of an earlier request",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {"description": "How to sign in (RFC 6750)", "schema": {"type": "string"}},
    "Retry-After": {"description": "Whole seconds to wait", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit-Policy": {
        "description": "The limit and its window (IETF draft)",
        "schema": {"type": "string"},
        "example": '"login";q=10;w=60',
    },
    "RateLimit": {
        "description": "What is left of it, and when it is whole again",
        "schema": {"type": "string"},
        "example": '"login";r=9;t=60',
    },
    "X-RateLimit-Limit": {"description": "Requests in a window", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "Requests left", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"description": "Seconds until it is whole again", "schema": {"type": "integer"}},
}
_RATE_LIMIT = [name for name in _HEADERS if "RateLimit" in name]

_SENTENCES = {"200": "Done.", "201": "Made.", "202": "Accepted; it is done within moments.", "204": "Done."}
_NOT_CHANGED = {"description": "The caller has it already; no body"}
_FIRST_SENTENCE = re.compile(r"(?P<summary>.+?)\.?(?:$|\n|(?<=\.) )(?P<rest>.*)", re.DOTALL)


def apply_conventions(document: dict[str, Any]) -> None:
    """Complete a document that FastAPI has derived, in place."""
    components: dict[str, Any] = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    components["headers"] = _HEADERS
    components["parameters"] = {
        name: {"name": name, "in": "header", "required": False, **parameter}
        for name, parameter in _PARAMETERS.items()
    }
    paths: dict[str, dict[str, Operation]] = document["paths"]
    _name_operations(paths)
    versioned = {path for path, item in paths.items() if any(map(_refuses_stale, item.values()))}
    for path, method, operation in _operations(paths):
        _summarize(operation)
        _secure(operation)
        _tidy_responses(operation, components["schemas"])
        for parameter in operation.get("parameters", []):
            _drop_null(parameter["schema"])
        _document_retries(operation, method)
        _document_versions(operation, method, path, versioned)
        _document_headers(operation)
        if method in {"put", "patch"}:
            _drop_defaults(operation, components["schemas"])
    _give_examples(document, paths)


def _operations(paths: dict[str, dict[str, Operation]]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in paths.items():
        for method, operation in item.items():
            yield path, method, operation


def _name_operations(paths: dict[str, dict[str, Operation]]) -> None:
    """Name each operation as its route; where routes share a function, the first of them keeps the name.

    FastAPI's own ids are name, path and method in one word; any other id was chosen, and stays.
    """
    methods: dict[str, str] = {}
    for path, method, operation in sorted(_operations(paths), key=lambda found: (len(found[0]), *found[:2])):
        ending = re.sub(r"\W", "_", path) + "_" + method
        name: str = operation["operationId"].removesuffix(ending)
        if name in methods:
            name += "_" + (method if methods[name] != method else re.findall(r"\w+", path)[-1])
        assert name not in methods, f"two operations are named {name}"
        methods[name] = method
        operation["operationId"] = name


def _summarize(operation: Operation) -> None:
    """Make the docstring's first sentence the summary, and what follows it the description."""
    found = _FIRST_SENTENCE.fullmatch(operation.pop("description", "").strip())
    if found is None:
        return
    operation["summary"] = found["summary"]
    if found["rest"].strip():
        operation["description"] = found["rest"].strip()


def _secure(operation: Operation) -> None:
    access = Access(operation["x-access"])
    if access in NEEDS_CALLER:
        operation["security"] = [{"bearer": []}, {"apiKey": []}]
    elif access is Access.OPTIONAL:
        operation["security"] = [{}, {"bearer": []}, {"apiKey": []}]


def _tidy_responses(operation: Operation, schemas: dict[str, Any]) -> None:
    """Give refusals their one media type, and successes a sentence; put all of them in order."""
    responses: dict[str, dict[str, Any]] = operation["responses"]
    for status, response in responses.items():
        content: dict[str, dict[str, Any]] = response.get("content", {})
        if content.get("application/json") == {"schema": {}} and MEDIA_TYPE not in content:
            del response["content"]  # FastAPI's guess for a route that returns nothing
        if MEDIA_TYPE in content:
            content[MEDIA_TYPE]["schema"] = content.pop("application/json", {}).get("schema", {})
        elif response["description"] == "Successful Response":
            ref: str = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            described = schemas.get(ref.rpartition("/")[2], {}).get("description")
            response["description"] = described or _SENTENCES.get(status, HTTPStatus(int(status)).phrase)
    operation["responses"] = dict(sorted(responses.items()))


def _drop_null(schema: dict[str, Any]) -> None:
    """Remove the null that stands for a parameter that is not sent: in an address it is only text."""
    kinds = [kind for kind in schema.pop("anyOf", []) if kind.get("type") != "null"]
    if len(kinds) == 1:
        schema.update(kinds[0] | schema)
    elif kinds:
        schema["anyOf"] = kinds


def _refuses_stale(operation: Operation) -> bool:
    content: dict[str, Any] = operation["responses"].get("412", {}).get("content", {})
    return ChangedMeanwhile.code in content.get(MEDIA_TYPE, {}).get("examples", {})


def _take(operation: Operation, name: str) -> None:
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    if all(parameter.get("name") != name for parameter in parameters):
        parameters.append({"$ref": f"#/components/parameters/{name}"})


def _send(response: dict[str, Any], *names: str) -> None:
    headers: dict[str, Any] = response.setdefault("headers", {})
    for name in names:
        headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _successes(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield status, response


def _document_retries(operation: Operation, method: str) -> None:
    if method != "post":
        return
    _take(operation, "Idempotency-Key")
    for _, response in _successes(operation):
        _send(response, "Idempotency-Replayed")


def _document_versions(operation: Operation, method: str, path: str, versioned: set[str]) -> None:
    responses: dict[str, dict[str, Any]] = operation["responses"]
    if _refuses_stale(operation):
        _take(operation, "If-Match")
    if method == "get" and path in versioned:
        responses.setdefault("304", dict(_NOT_CHANGED))
        operation["responses"] = dict(sorted(responses.items()))
    if "304" in responses:
        _take(operation, "If-None-Match")
        _send(responses["304"], "ETag")
    makes_versioned = method == "post" and any(p.rpartition("/{")[0] == path for p in versioned)
    if makes_versioned or "304" in responses or (path in versioned and method != "delete"):
        for _, response in _successes(operation):
            _send(response, "ETag")


def _document_headers(operation: Operation) -> None:
    responses: dict[str, dict[str, Any]] = operation["responses"]
    is_limited = "429" in responses
    for status, response in responses.items():
        if status == "201":
            _send(response, "Location")
        if status == "401":
            _send(response, "WWW-Authenticate")
        if is_limited and status[:2] in {"20", "42"} and status != "422":
            _send(response, *_RATE_LIMIT)
        if status == "429":
            _send(response, "Retry-After")
        _send(response, "X-Request-ID")


def _drop_defaults(operation: Operation, schemas: dict[str, Any]) -> None:
    """Remove the defaults of a change: a field that is not sent stays as it is."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        ref: str = media["schema"].get("$ref", "")
        for field in schemas.get(ref.rpartition("/")[2], {}).get("properties", {}).values():
            field.pop("default", None)


def _give_examples(document: dict[str, Any], paths: dict[str, dict[str, Operation]]) -> None:
    examples = Examples(document)
    for path, _, operation in _operations(paths):
        bodies = [operation.get("requestBody", {}), *(found for _, found in _successes(operation))]
        for body in bodies:
            for kind, media in body.get("content", {}).items():
                if "json" in kind or "form" in kind:
                    media.setdefault("example", examples.of(media.get("schema", {}), path))
