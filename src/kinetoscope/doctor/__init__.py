"""Finds and explains what is wrong on this machine, without changing anything on it."""

from .examination import examine
from .findings import Finding

__all__ = ["Finding", "examine"]
