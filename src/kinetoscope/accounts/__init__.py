"""People and their keys: signing up and in, tokens, API keys, roles, and erasing an account."""

from .authentication import Authentication
from .erasure import ERASE_JOB, Eraser, Erasure
from .refusals import AccountGone
from .service import Accounts, ApiKeys, SignInLimit
from .store import require_author
from .tokens import TokenSigner

__all__ = [
    "ERASE_JOB",
    "AccountGone",
    "Accounts",
    "ApiKeys",
    "Authentication",
    "Eraser",
    "Erasure",
    "SignInLimit",
    "TokenSigner",
    "require_author",
]
