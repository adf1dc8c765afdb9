"""Fills a running platform with the sample library, over the public API, as any client would."""

from .account import DemoAccount, demo_password
from .client import DemoClient
from .filling import FillingFailed, fill
from .progress import BarProgress, LineProgress
from .welcome import show_welcome

__all__ = [
    "BarProgress",
    "DemoAccount",
    "DemoClient",
    "FillingFailed",
    "LineProgress",
    "demo_password",
    "fill",
    "show_welcome",
]
