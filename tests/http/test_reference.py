"""The reference page, and the document behind it."""

import json
import re
import shlex
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from jsonschema_rs import validator_for

from kinetoscope.app import create_api
from kinetoscope.http.openapi import build_document
from kinetoscope.http.reference import render_reference
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import build_platform

Operation = tuple[str, str, dict[str, Any]]

VOID = {"meta", "wbr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
HOSTILE = """<script>alert(1)</script> & "quoted" 'too' `<img src=x onerror=y>` </style>"""


class Page(HTMLParser):
    """A page as it is read: what is open, what is named, what is said."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.texts: dict[str, str] = {}
        self._article = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "article":
            self._article = dict(attrs)["id"] or ""
            self.texts[self._article] = ""

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")
        if tag == "article":
            self._article = ""

    def handle_data(self, data: str) -> None:
        if self._article:
            self.texts[self._article] += data

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]


@pytest.fixture(scope="module")
def api() -> FastAPI:
    settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
    platform = build_platform(settings, dsn="postgresql://nowhere/none", keyring=Keyring(b"k" * 32))
    return create_api(platform, public_url=None)


@pytest.fixture
def document(api: FastAPI) -> dict[str, Any]:
    return build_document(api)


@pytest.fixture
def text(document: dict[str, Any]) -> str:
    return render_reference(document)


@pytest.fixture
def page(text: str) -> Page:
    return Page(text)


def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.faults == []
    assert page.open == []
    ids = page.values("id")
    assert len(ids) == len(set(ids))


def test_every_operation_is_on_the_page_with_all_that_it_takes_and_answers(
    document: dict[str, Any], page: Page
) -> None:
    assert set(page.texts) == {operation["operationId"] for _, _, operation in operations(document)}
    for method, path, operation in operations(document):
        text = page.texts[operation["operationId"]]
        assert method.upper() in text
        assert path in text
        for parameter in operation.get("parameters", []):
            assert parameter.get("name", parameter.get("$ref", "").rpartition("/")[2]) in text
        for status, response in operation["responses"].items():
            assert status in text
            problems = response.get("content", {}).get("application/problem+json", {}).get("examples", {})
            for code, example in problems.items():
                assert code in text
                assert example["value"]["detail"].replace("`", "") in text


def test_every_link_leads_to_a_place_on_the_page_and_nothing_is_loaded(page: Page, text: str) -> None:
    loading = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "form", "base"}
    assert loading.isdisjoint(tag for tag, _ in page.tags)
    assert page.values("src") == []
    places = {f"#{name}" for name in page.values("id")}
    assert set(page.values("href")) - places == {"openapi.json"}
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_headings_and_landmarks_lead_through_the_page(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if tag in HEADINGS]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in page.tags]
    assert [tags.count(landmark) for landmark in ("header", "nav", "main")] == [1, 1, 1]
    first_link = next(attributes for tag, attributes in page.tags if tag == "a")
    assert first_link["href"] == "#main"
    assert ("html", {"lang": "en"}) in page.tags


def test_hostile_text_stays_text(document: dict[str, Any]) -> None:
    honest = Page(render_reference(document))
    for _, _, operation in operations(document):
        operation["summary"] = operation["description"] = HOSTILE
        operation["parameters"] = [
            {
                "name": HOSTILE,
                "in": "query",
                "required": True,
                "description": HOSTILE,
                "schema": {"enum": [HOSTILE]},
            }
        ]
        for response in operation["responses"].values():
            response["description"] = HOSTILE
    document["info"] |= {"title": HOSTILE, "summary": HOSTILE, "description": HOSTILE}
    document["tags"][0]["description"] = HOSTILE
    for schema in document["components"]["schemas"].values():
        for field in schema["properties"].values():
            field |= {"description": HOSTILE, "default": HOSTILE, "examples": [HOSTILE]}

    page = Page(render_reference(document))

    assert page.faults == []
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in honest.tags}
    assert page.values("src") == []


def test_the_page_is_not_large(text: str, document: dict[str, Any]) -> None:
    assert len(text.encode()) < 8_000 * len(list(operations(document)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_can_be_read(text: str, scheme: str) -> None:
    schemes = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", schemes[0 if scheme == "light" else 1]))
    written = set(colours) - {"paper", "panel", "line"}
    assert len(written) == 10
    for name in written:
        for ground in ("paper", "panel"):
            assert contrast(colours[name], colours[ground]) >= 4.5, f"{name} on {ground}"


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_the_commands_name_the_address_that_the_reader_has_come_by(client: AsyncClient) -> None:
    answer = await client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in answer.headers["content-security-policy"]
    assert "http://kinetoscope.test/api/v1/videos" in answer.text
    assert "127.0.0.1" not in answer.text
    hostile = await client.get("/docs", headers={"Host": '"><b>.example.org'})
    assert "<b>" not in hostile.text


async def test_a_command_of_the_page_does_what_it_says(client: AsyncClient) -> None:
    page = Page((await client.get("/docs")).text)
    command = re.search(r"curl -X POST(.*?\}')", page.texts["register"], re.DOTALL)
    assert command is not None
    words = shlex.split(command[1].replace("\\\n", ""))
    assert [words[0], *words[1:4:2]] == ["http://kinetoscope.test/api/v1/auth/register", "-H", "-d"]
    kind, body = words[2].split(": ")[1], words[4]
    answer = await client.post(words[0], content=body, headers={"Content-Type": kind})
    assert answer.status_code == 201, answer.text


def test_operations_have_short_ids_and_say_what_they_do(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert {"register", "create_video", "change_project", "change_project_put"} <= set(ids)
    for method, path, operation in operations(document):
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", operation["operationId"]), path
        assert not operation["summary"].endswith("."), (method, path)
        assert "\n" not in operation["summary"]
        assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}


def test_errors_have_one_media_type_and_one_schema(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(document)
    for _, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], path
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_example_is_what_its_schema_asks_for(document: dict[str, Any]) -> None:
    count = 0
    for _, path, operation in operations(document):
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for kind, media in body.get("content", {}).items():
                examples = [example["value"] for example in media.get("examples", {}).values()]
                examples += [media["example"]] if "example" in media else []
                if "json" in kind or "form" in kind:
                    assert examples, f"{path} has no example of {kind}"
                check = validator_for({**media["schema"], "components": document["components"]})
                for example in examples:
                    check.validate(example)
                    count += 1
    assert count > 100


def test_conditions_and_retries_are_documented_where_they_are_taken(document: dict[str, Any]) -> None:
    def takes(method: str, path: str) -> set[str]:
        found = document["paths"][path][method].get("parameters", [])
        return {ref.rpartition("/")[2] for parameter in found if (ref := parameter.get("$ref", ""))}

    one = "/api/v1/videos/{video_id}"
    assert takes("get", one) == {"If-None-Match"}
    assert takes("put", one) == takes("patch", one) == takes("delete", one) == {"If-Match"}
    assert all(
        takes(method, path) - {"If-Match"} == {"Idempotency-Key"}
        for method, path, _ in operations(document)
        if method == "post"
    )
    assert "304" in document["paths"][one]["get"]["responses"]
    made = document["paths"]["/api/v1/videos"]["post"]["responses"]["201"]["headers"]
    assert {"ETag", "Location", "X-Request-ID", "Idempotency-Replayed"} == set(made)
    login = document["paths"]["/api/v1/auth/login"]["post"]["responses"]
    assert "RateLimit" in login["200"]["headers"]
    assert "Retry-After" in login["429"]["headers"]


def test_a_change_has_no_defaults(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["ChangedVideo"]["properties"]
    assert not [name for name, field in fields.items() if "default" in field]
