"""The parent of all processes of one machine: starts them, restarts what dies, and stops them in order.

It stays light, so that it is the last to fail: no database driver, no HTTP framework, no media library.
"""

from .claim import Claim, DataDirTaken, claim_data_dir, serving_pid
from .lifeline import hold_lifeline
from .listening import CannotListen, address_of, listen
from .programs import Program, environment_of
from .supervising import Plan, ServingFailed, Supervisor

__all__ = [
    "CannotListen",
    "Claim",
    "DataDirTaken",
    "Plan",
    "Program",
    "ServingFailed",
    "Supervisor",
    "address_of",
    "claim_data_dir",
    "environment_of",
    "hold_lifeline",
    "listen",
    "serving_pid",
]
