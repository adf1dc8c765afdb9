"""Entity tags: 304 for what has not changed, 412 for what has changed meanwhile (RFC 9110, section 13)."""

from fastapi import Request


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the caller already has this representation (If-None-Match)."""
    return matches_any(request.headers.get("if-none-match", ""), etag)


def matches_any(field: str, etag: str) -> bool:
    """Whether a field that lists entity tags names this one; weak comparison, as for If-None-Match."""
    if not field:
        return False
    if field.strip() == "*":
        return True
    return etag in {tag.strip().removeprefix("W/") for tag in field.split(",")}


def wanted_versions(request: Request) -> frozenset[int] | None:
    """Return the versions that If-Match accepts, or None if it is absent or `*`.

    A tag is `"<version>-<counters>"`: a write is only held up by a change of what people edit, not by a
    view that was counted in between. A weak or foreign tag matches nothing.
    """
    field = request.headers.get("if-match")
    if field is None or field.strip() == "*":
        return None
    tags = (tag.strip() for tag in field.split(","))
    heads = [tag[1:-1].partition("-")[0] for tag in tags if tag.startswith('"') and tag.endswith('"')]
    return frozenset(int(head) for head in heads if head.isdecimal() and len(head) < 10)  # noqa: PLR2004
