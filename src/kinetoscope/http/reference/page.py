"""The page as a whole: head, navigation, guide, and the operations of each domain."""

from collections.abc import Iterator
from importlib.resources import files
from string import Template
from typing import Any

from .markup import Html, element, inline, joined, paragraphs
from .operation import method_badge, render_operation, route_path
from .schemas import Schemas

Found = tuple[str, str, dict[str, Any]]
"""A method, a path, and the operation there."""


def render_reference(document: dict[str, Any]) -> str:
    """Return a page that shows every operation of an OpenAPI document."""
    here = files("kinetoscope.http.reference")
    info: dict[str, Any] = document["info"]
    schemas = Schemas(document)
    domains = list(_domains(document))
    return Template((here / "page.html").read_text("utf-8")).substitute(
        title=element("span", info["title"]),
        plain_title=joined([info["title"]]),
        version=joined([info["version"]]),
        summary=joined([info.get("summary", "")]),
        description=paragraphs(info.get("description", "")),
        style=(here / "style.css").read_text("utf-8"),
        guide=(here / "guide.html").read_text("utf-8"),
        navigation=joined(_navigation(tag, found) for tag, found in domains),
        operations=joined(_section(tag, found, schemas) for tag, found in domains),
    )


def _domains(document: dict[str, Any]) -> Iterator[tuple[dict[str, str], list[Found]]]:
    """Return each tag that has operations, in the document's order, tags it does not describe last."""
    by_tag: dict[str, list[Found]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            by_tag.setdefault(operation.get("tags", ["other"])[0], []).append((method, path, operation))
    for tag in document.get("tags", []):
        if tag["name"] in by_tag:
            yield tag, by_tag.pop(tag["name"])
    for name, found in by_tag.items():
        yield {"name": name}, found


def _navigation(tag: dict[str, str], found: list[Found]) -> Html:
    entries = [
        element("li", _link(operation, method_badge(method), _spoken(operation)))
        for method, _, operation in found
    ]
    heading = element("a", tag["name"].capitalize(), href=f"#{_anchor(tag)}", class_="domain")
    return element("li", heading, element("ul", *entries))


def _section(tag: dict[str, str], found: list[Found], schemas: Schemas) -> Html:
    anchor = _anchor(tag)
    heading = element("h2", tag["name"].capitalize(), id=f"{anchor}-title")
    about = element("p", inline(tag.get("description", "")), class_="lead")
    articles = [render_operation(method, path, operation, schemas) for method, path, operation in found]
    return element(
        "section", heading, about, _contents(found), *articles, id=anchor, aria_labelledby=f"{anchor}-title"
    )


def _contents(found: list[Found]) -> Html:
    lines = [
        element("li", _link(operation, method_badge(method), route_path(path)))
        for method, path, operation in found
    ]
    return element("ul", *lines, class_="contents")


def _link(operation: dict[str, Any], *content: str) -> Html:
    return element("a", *content, href=f"#{operation['operationId']}")


def _anchor(tag: dict[str, str]) -> str:
    return f"domain-{tag['name']}"


def _spoken(operation: dict[str, Any]) -> str:
    name: str = operation["operationId"]
    return name.replace("_", " ").capitalize()
