"""One operation as an article of the page: what it takes, what it answers, how to try it."""

import json
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from ..declare import (
    Access,
    AnswerLost,
    BadCredential,
    BodyTooLarge,
    InsufficientScope,
    Invalid,
    KeyInUse,
    KeyReused,
    MalformedJson,
    NotSignedIn,
    WrongMediaType,
)
from .access import who_may_call
from .curl import curl_command
from .markup import Html, breakable, element, inline, joined, paragraphs, readable_json
from .schemas import Field, Schemas

_PROBLEM = "application/problem+json"
_OF_THE_EDGE = frozenset(
    refusal.code
    for refusal in (
        AnswerLost,
        BadCredential,
        BodyTooLarge,
        InsufficientScope,
        Invalid,
        KeyInUse,
        KeyReused,
        MalformedJson,
        NotSignedIn,
        WrongMediaType,
    )
) | {"database_unavailable"}
"""Refusals that many operations share; they are shown after an operation's own."""


def render_operation(method: str, path: str, operation: dict[str, Any], schemas: Schemas) -> Html:
    """Return an operation as an article, its id the operation's."""
    name: str = operation["operationId"]
    address = element("span", method_badge(method), route_path(path), class_="route")
    title = element("h3", element("span", inline(operation.get("summary", name)), class_="title"), address)
    access = Access(operation.get("x-access", Access.ANYONE))
    facts = joined(
        [
            paragraphs(operation.get("description", "")),
            _access_line(who_may_call(access, method)),
            *_parameters(operation, schemas),
            *_request(operation, schemas),
            *_answers(operation, schemas),
            *_refusals(operation),
        ]
    )
    samples = joined(_samples(method, path, operation, schemas))
    sides = (element("div", facts, class_="facts"), element("div", samples, class_="samples"))
    link = element("a", "#", href=f"#{name}", class_="anchor", aria_label=f"Link to {name}")
    details = element("details", element("summary", title), element("div", *sides, class_="sides"), open="")
    return element("article", link, details, id=name, class_="operation")


def method_badge(method: str) -> Html:
    """Return a method as a badge."""
    return element("span", method.upper(), class_=f"method {method}")


def route_path(path: str) -> Html:
    """Return a path as code that may break after a slash, its variables set apart."""
    pieces = re.split(r"(/|\{[^{}]*\})", path)
    marked: list[str] = []
    for piece in pieces:
        if piece == "/":
            marked += [Html("<wbr>"), piece]
        else:
            marked.append(element("var", piece) if piece.startswith("{") else piece)
    return element("code", *marked, class_="path")


def _access_line(sentence: str) -> Html:
    return element("p", element("strong", "Who may call it: "), inline(sentence), class_="access")


def _parameters(operation: dict[str, Any], schemas: Schemas) -> Iterator[Html]:
    found = [schemas.resolve(parameter) for parameter in operation.get("parameters", [])]
    if not found:
        return
    yield element("h4", "Parameters")
    yield _table("Parameter", ((_as_field(parameter, schemas), parameter["in"]) for parameter in found))


def _as_field(parameter: dict[str, Any], schemas: Schemas) -> Field:
    schema, _ = schemas.without_null(parameter.get("schema", {}))  # null is what is not sent
    if "example" in parameter:
        schema = {**schema, "examples": [parameter["example"]]}
    required = bool(parameter.get("required"))
    return schemas.field(
        parameter["name"], schema, required=required, description=parameter.get("description", "")
    )


def _request(operation: dict[str, Any], schemas: Schemas) -> Iterator[Html]:
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        required = "" if operation["requestBody"].get("required") else ", may be left out"
        yield element("h4", "Request body", element("span", f" {kind}{required}", class_="aside"))
        plain, _ = schemas.without_null(media.get("schema", {}))
        yield paragraphs(plain.get("description", ""))
        fields = list(schemas.fields(plain))
        if fields:
            yield _table("Field", ((field, "") for field in fields))
        else:
            yield element("p", f"The {schemas.kind(plain)} as they are.")


def _answers(operation: dict[str, Any], schemas: Schemas) -> Iterator[Html]:
    yield element("h4", "Answers")
    for status, response in operation["responses"].items():
        if _PROBLEM in response.get("content", {}):
            continue
        sentence = inline(f" {response.get('description', '').rstrip('.')}.")
        yield element("p", element("code", status, class_="status good"), sentence, class_="answer")
        for media in response.get("content", {}).values():
            yield from _answer_fields(media.get("schema", {}), schemas)
        yield from _header_list(response.get("headers", {}))


def _answer_fields(schema: dict[str, Any], schemas: Schemas) -> Iterator[Html]:
    fields = list(schemas.fields(schema))
    if fields:
        summary = element("summary", f"Its {len(fields)} fields" if len(fields) > 1 else "Its field")
        rows = _table("Field", ((field, "") for field in fields), says_required=False)
        yield element("details", summary, rows, class_="fold")


def _header_list(headers: dict[str, Any]) -> Iterator[Html]:
    names = [name for name in headers if name != "X-Request-ID"]
    if names:
        listed = [part for name in names for part in (", ", element("code", name))][1:]
        yield element("p", "With ", *listed, ".", class_="headers")


def _refusals(operation: dict[str, Any]) -> Iterator[Html]:
    rows = list(_refusal_rows(operation))
    own = [row for code, row in rows if code not in _OF_THE_EDGE]
    shared = [row for code, row in rows if code in _OF_THE_EDGE]
    if rows:
        yield element("h4", "Errors")
    if own:
        yield _refusal_table(own)
    if shared:
        count = f"{len(shared)} {'more ' if own else ''}that many operations give"
        yield element("details", element("summary", count), _refusal_table(shared), class_="fold")


def _refusal_rows(operation: dict[str, Any]) -> Iterator[tuple[str, Html]]:
    for status, response in operation["responses"].items():
        examples: dict[str, Any] = response.get("content", {}).get(_PROBLEM, {}).get("examples", {})
        for code, example in examples.items():
            cells = (
                element("td", element("code", status, class_="status bad")),
                element("th", element("code", breakable(code)), scope="row"),
                element("td", inline(str(example["value"].get("detail", "")))),
            )
            yield code, element("tr", *cells)


def _refusal_table(rows: Iterable[Html]) -> Html:
    head = element("tr", *(element("th", name, scope="col") for name in ("Status", "Code", "What it says")))
    return element("table", element("thead", head), element("tbody", *rows), class_="refusals")


def _table(first: str, rows: Iterable[tuple[Field, str]], *, says_required: bool = True) -> Html:
    head = element("tr", *(element("th", name, scope="col") for name in (first, "Meaning")))
    body = [_row(field, place, says_required=says_required) for field, place in rows]
    return element("table", element("thead", head), element("tbody", *body), class_="fields")


def _row(field: Field, place: str, *, says_required: bool) -> Html:
    marks: list[str] = [element("code", breakable(field.name))]
    if field.required and says_required:
        marks += [" ", element("span", "required", class_="required")]
    kind = field.kind + (f", in {place}" if place else "")
    name = element("th", *marks, element("span", kind, class_="kind"), scope="row")
    return element("tr", name, element("td", *_meaning(field)))


def _meaning(field: Field) -> Iterator[Html]:
    if field.description:
        yield element("p", inline(field.description.rstrip(".") + "."))
    if field.choices:
        named = [part for choice in field.choices for part in (" ", element("code", choice))]
        yield element("p", "One of" if "array" not in field.kind else "Of", *named)
    if field.limits:
        limits = "; ".join(field.limits)
        yield element("p", limits[0].upper() + limits[1:] + ".", class_="limits")
    if field.default is not None and field.default not in ("", []):
        yield element("p", "Default ", element("code", _as_json(field.default)), class_="limits")
    if field.example is not None:
        yield element("p", "Such as ", element("code", _as_json(field.example)), class_="limits")


def _as_json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _samples(method: str, path: str, operation: dict[str, Any], schemas: Schemas) -> Iterator[Html]:
    yield element("h4", "Try it")
    yield element("pre", element("code", curl_command(method, path, operation, schemas)))
    for status, response in operation["responses"].items():
        media: dict[str, Any] = response.get("content", {}).get("application/json", {})
        if "example" in media:
            phrase = HTTPStatus(int(status)).phrase
            yield element("h4", f"{status} {phrase}")
            yield element("pre", element("code", readable_json(media["example"])))
