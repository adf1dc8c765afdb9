"""Device, browser and operating system, from the user agent that a request carries."""

import re
from functools import lru_cache

from ua_parser import Result, parse

from .crawlers import is_declared_crawler
from .models import UNKNOWN, Agent, Device

_LONGEST_AGENT = 512
_LONGEST_NAME = 40

_is_library = re.compile(r"java/|apache-httpclient|http%20client|libwww|okhttp|python", re.IGNORECASE).match
_is_tv = re.compile(
    r"smart-?tv|hbbtv|appletv|google ?tv|android ?tv|bravia|roku|crkey|web0s|webos.*tv|netcast|viera"
    r"|\baft[a-z]+\b|tizen.*\btv\b|playstation|xbox|nintendo",
    re.IGNORECASE,
).search
_is_tablet = re.compile(r"ipad|tablet|kindle|silk/|playbook|nexus (7|9|10)", re.IGNORECASE).search
_is_mobile = re.compile(r"iphone|ipod|mobile|windows phone|blackberry|opera mini", re.IGNORECASE).search
_PRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]")

_DESKTOPS = frozenset(
    {
        "Windows",
        "Mac OS X",
        "Mac OS",
        "Linux",
        "Ubuntu",
        "Debian",
        "Fedora",
        "Chrome OS",
        "FreeBSD",
        "OpenBSD",
    }
)


@lru_cache(maxsize=4096)
def agent_of(text: str) -> Agent:
    """Return what a user agent says of itself; `unknown` for what it does not say."""
    text = text[:_LONGEST_AGENT]
    found = parse(text)
    return Agent(
        _device_of(text, found),
        _name(found.user_agent.family if found.user_agent else None),
        _name(found.os.family if found.os else None),
    )


def _device_of(text: str, found: Result) -> Device:
    is_spider = found.device is not None and found.device.family == "Spider"
    if is_declared_crawler(text) or (is_spider and not _is_library(text)):
        return "bot"
    if _is_tv(text):
        return "tv"
    if _is_tablet(text):
        return "tablet"
    if _is_mobile(text):
        return "mobile"
    os = found.os.family if found.os else ""
    if os == "Android":  # a telephone says "Mobile"
        return "tablet"
    return "desktop" if os in _DESKTOPS else "unknown"


def _name(family: str | None) -> str:
    """Return a family's name, as something that can be stored and shown."""
    return _PRINTABLE.sub("", family or "")[:_LONGEST_NAME] or UNKNOWN
