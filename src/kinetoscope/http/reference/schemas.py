"""What a JSON schema says, in words: kinds, limits, and one line for each field, nested ones included."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_DEEPEST = 4
_FORMATS = {"date-time": "time", "binary": "bytes", "uuid": "uuid"}


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a request takes or an answer has."""

    name: str
    kind: str
    required: bool
    description: str
    limits: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    default: object = None
    example: object = None


class Schemas:
    """The schemas of one document, which may refer to each other."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components: dict[str, dict[str, Any]] = document.get("components", {})

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Return what a `$ref` names, with what stands beside it; anything else as it is."""
        seen: set[str] = set()
        while "$ref" in node and node["$ref"] not in seen:
            ref: str = node["$ref"]
            seen.add(ref)
            kind, name = ref.removeprefix("#/components/").split("/", 1)
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = {**self._components.get(kind, {}).get(name, {}), **beside}
        return node

    def without_null(self, schema: Schema) -> tuple[Schema, bool]:
        """Return a schema without the choice of null, and whether it had that choice."""
        schema = self.resolve(schema)
        choices: list[Schema] = schema.get("anyOf") or schema.get("oneOf") or []
        others = [choice for choice in choices if choice.get("type") != "null"]
        if len(others) != 1:
            return schema, len(others) < len(choices)
        beside = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}
        return {**self.resolve(others[0]), **beside}, len(others) < len(choices)

    def kind(self, schema: Schema) -> str:
        """Return what kind of value a schema takes, such as `array of string or null`."""
        plain, nullable = self.without_null(schema)
        return self._plain_kind(plain) + (" or null" if nullable else "")

    def _plain_kind(self, plain: Schema) -> str:
        choices: list[Schema] = plain.get("anyOf") or plain.get("oneOf") or []
        if choices:
            return " or ".join(self.kind(choice) for choice in choices if choice.get("type") != "null")
        if plain.get("type") == "array":
            return f"array of {self.kind(plain.get('items', {}))}"
        values = plain.get("additionalProperties")
        if isinstance(values, dict) and not plain.get("properties"):
            return f"object of {self.kind(values)}"  # pyright: ignore[reportUnknownArgumentType] - JSON
        return _FORMATS.get(plain.get("format", ""), str(plain.get("type", "any")))

    def limits(self, schema: Schema) -> Iterator[str]:
        """Return what bounds a value, each in words."""
        plain, _ = self.without_null(schema)
        yield from _span(plain.get("minLength"), plain.get("maxLength"), "character")
        yield from _span(plain.get("minItems"), plain.get("maxItems"), "item")
        yield from _span(plain.get("minimum"), plain.get("maximum"), "")
        if str(plain.get("pattern", "")).startswith("^https?:"):
            yield "an http or https address"
        if "items" in plain:
            yield from (f"each {limit}" for limit in self.limits(plain["items"]))

    def field(self, name: str, schema: Schema, *, required: bool, description: str = "") -> Field:
        """Return a value in words."""
        plain, _ = self.without_null(schema)
        inner = self.resolve(plain.get("items", {})) if plain.get("type") == "array" else plain
        is_object = "properties" in inner or "$ref" in schema
        examples: list[object] = [] if is_object else plain.get("examples", [])
        return Field(
            name=name,
            kind=self.kind(schema),
            required=required,
            description=description or plain.get("description", ""),
            limits=tuple(self.limits(schema)),
            choices=tuple(str(choice) for choice in inner.get("enum", ())),
            default=plain.get("default"),
            example=examples[0] if examples else None,
        )

    def fields(self, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Field]:
        """Return every field of an object, `videos[].title` for those inside others."""
        plain, _ = self.without_null(schema)
        if plain.get("type") == "array":
            plain, prefix = self.without_null(plain.get("items", {}))[0], f"{prefix}[]"
        if depth >= _DEEPEST:
            return
        required: list[str] = plain.get("required", [])
        for name, inner in plain.get("properties", {}).items():
            full = f"{prefix}.{name}" if prefix else name
            yield self.field(full, inner, required=name in required)
            yield from self.fields(inner, full, depth + 1)


def _span(least: float | None, most: float | None, unit: str) -> Iterator[str]:
    """Return both ends of a range in words; an end that is there by the machine's nature is left out."""
    low = f"{least:,.0f}" if least is not None else ""
    high = f"{most:,.0f}" if most is not None and most < 2**31 - 1 else ""
    unit_of_many = f" {unit}s" if unit else ""
    if low and high and low != "0":
        yield f"{low}–{high}{unit_of_many}"
    elif high:
        yield f"at most {high}{unit_of_many}"
    elif low:
        yield f"at least {low}{unit_of_many}"
