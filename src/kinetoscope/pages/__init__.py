"""The web pages: what `console/` is built into, served as it is. Their data come from the API."""

from .site import AssetNotFound, Site

__all__ = ["AssetNotFound", "Site"]
