"""Accounts and projects."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..accounts import ERASE_JOB, Accounts, ApiKeys, Erasure, SignInLimit
from ..kernel.db import Database
from ..kernel.limits import RateLimit
from ..kernel.runner import Duty, Handler
from ..projects import Projects, erase_projects, save_default_project
from .part import Base, Part

_HOUR = timedelta(hours=1)


def accounts_part(base: Base) -> Part:
    """Return what accounts and projects bring."""
    accounts = Accounts(
        base.db,
        clock=base.clock,
        signer=base.signer,
        authentication=base.authentication,
        refresh_lifetime=timedelta(days=base.settings.refresh_token_days),
        registered=[save_default_project],
    )
    return Part(
        services=[
            base.authentication,
            base.signer,
            accounts,
            ApiKeys(base.db, clock=base.clock, authentication=base.authentication),
            SignInLimit(
                base.db,
                clock=base.clock,
                limit=RateLimit.parse(base.settings.auth_rate_limit),
                secret=base.keyring.derive("rate-limit"),
            ),
            Projects(base.db, clock=base.clock),
        ],
        duties=[Duty("accounts.forget-expired", _HOUR, accounts.forget_expired)],
        erasers=[erase_projects],
    )


def erasure_handlers(db: Database, parts: Sequence[Part]) -> Mapping[str, Handler]:
    """Return the job that erases an account, with the eraser of every part, top storey first."""
    erasers = [eraser for part in parts for eraser in part.erasers]
    return {ERASE_JOB: Handler(Erasure(db, erasers).run)}
