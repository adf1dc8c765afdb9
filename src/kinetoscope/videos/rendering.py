"""A page of videos as the bytes of an answer: documents that are ready, put in a row."""

from ..kernel.paging import Listing
from .models import Shown


def render_listing(listing: Listing[Shown]) -> bytes:
    """Return a page of videos as JSON."""
    videos = b",".join([shown.json for shown in listing.items])
    tail = (
        f'],"total":{listing.total},"page":{listing.page.number},"page_size":{listing.page.size},'
        f'"has_more":{"true" if listing.has_more else "false"}}}'
    )
    return b'{"videos":[' + videos + tail.encode()
