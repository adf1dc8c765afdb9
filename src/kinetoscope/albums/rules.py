"""What is decided of albums, as pure functions."""

from collections.abc import Sequence
from uuid import UUID

from .models import Album, Cover, Item
from .refusals import RepeatedItem, UnknownItem


def cover_of(album: Album, items: Sequence[Item]) -> Cover:
    """Return the cover that the owner gave, else the picture of the first item that has one."""
    if album.cover_url is not None:
        return Cover(url=album.cover_url)
    for item in items:
        if item.media_type == "photo":
            return Cover(photo_id=item.media_id)
        if item.video_thumbnail is not None:
            return Cover(url=item.video_thumbnail)
    return Cover()


def reordered(present: Sequence[UUID], wanted: Sequence[tuple[UUID, int]]) -> list[UUID]:
    """Return the items of an album in the order that is wanted: pairs of an item and its place.

    Equal places stay as they were named; items that are not named follow as they were. Refuses with
    `UnknownItem` and `RepeatedItem`.
    """
    named = {item_id for item_id, _ in wanted}
    if len(named) < len(wanted):
        raise RepeatedItem
    if not named <= set(present):
        raise UnknownItem
    first = [item_id for item_id, _ in sorted(wanted, key=lambda pair: pair[1])]
    return first + [item_id for item_id in present if item_id not in named]
