"""Policies in PostgreSQL: which there are, which is used, and how they compare."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ..kernel.db import Record, Tx
from .intervals import Estimate, difference, share
from .models import FIRST_POLICY, Policy
from .off_policy import Shown
from .policies import WEIGHTS

State = Literal["current", "control", "former", "refused"]


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy with its story: what changed, on what evidence, and what became of it."""

    policy: Policy
    state: State
    made_at: datetime | None
    based_on: int
    change: Mapping[str, float]
    lists: int
    gain: Estimate


FIRST = PolicyRecord(FIRST_POLICY, "current", None, 0, {}, 0, Estimate(0.0, 0.0, 0.0))


@dataclass(frozen=True, slots=True)
class Trial:
    """How a policy does with real viewers: of so many items shown, so many were clicked."""

    version: int
    lists: int
    impressions: int
    clicks: int


def share_of(trial: Trial) -> Estimate:
    """Return the share of what a policy showed that was clicked."""
    return share(trial.clicks, trial.impressions)


def difference_of(one: Trial, other: Trial) -> Estimate:
    """Return by how much more of what one policy showed was clicked than of another's."""
    return difference(share_of(one), share_of(other))


async def load_policies(tx: Tx) -> list[PolicyRecord]:
    """Return all policies, the newest first; the first one is always among them."""
    rows = await tx.fetch("SELECT * FROM recommendation_policies ORDER BY version DESC")
    records = [_record(row) for row in rows]
    if all(record.policy.version != FIRST_POLICY.version for record in records):
        records.append(FIRST)
    return records


async def load_used(tx: Tx) -> tuple[Policy, Policy]:
    """Return the present policy, and the one that the control group keeps."""
    rows = await tx.fetch("SELECT * FROM recommendation_policies WHERE state IN ('current', 'control')")
    used = {row["state"]: _record(row).policy for row in rows}
    current = used.get("current", FIRST_POLICY)
    return current, used.get("control", current)


async def save_policy(tx: Tx, record: PolicyRecord) -> Policy:
    """Save a policy under the next version. The first one gets its row with it."""
    await _ensure_first(tx, record)
    version: int = await tx.fetch_value(
        """
        INSERT INTO recommendation_policies
               (version, state, made_at, weights, based_on, change, lists, gain, gain_low, gain_high)
        SELECT max(version) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM recommendation_policies
        RETURNING version
        """,
        "former" if record.state == "current" else record.state,
        record.made_at,
        {name: getattr(record.policy, name) for name in WEIGHTS},
        record.based_on,
        dict(record.change),
        record.lists,
        record.gain.value,
        record.gain.low,
        record.gain.high,
    )
    if record.state == "current":
        await use_policy(tx, version)
    return replace(record.policy, version=version)


async def _ensure_first(tx: Tx, record: PolicyRecord) -> None:
    await tx.execute(
        """
        INSERT INTO recommendation_policies
        VALUES ($1, 'current', $2, $3, 0, '{}', 0, 0, 0, 0) ON CONFLICT DO NOTHING
        """,
        FIRST_POLICY.version,
        record.made_at,
        {name: getattr(FIRST_POLICY, name) for name in WEIGHTS},
    )


async def use_policy(tx: Tx, version: int) -> bool:
    """Let a policy be the present one, and that before it the control group's; False if unknown."""
    known = await tx.execute("SELECT FROM recommendation_policies WHERE version = $1", version)
    if not known:
        return False
    await tx.execute("UPDATE recommendation_policies SET state = 'former' WHERE state = 'control'")
    await tx.execute(
        "UPDATE recommendation_policies SET state = 'control' WHERE state = 'current' AND version <> $1",
        version,
    )
    await tx.execute("UPDATE recommendation_policies SET state = 'current' WHERE version = $1", version)
    return True


async def load_trials(tx: Tx, *, since: datetime) -> list[Trial]:
    """Return how policies have done with the strategy `hybrid` since an instant."""
    rows = await tx.fetch(
        """
        SELECT s.policy, count(*), sum(cardinality(s.items))::bigint, sum(c.clicks)::bigint
          FROM recommendation_slates s
         CROSS JOIN LATERAL (
               SELECT count(*) AS clicks FROM recommendation_clicks c WHERE c.slate_id = s.id) AS c
         WHERE s.shown_at >= $1 AND s.strategy = 'hybrid'
         GROUP BY s.policy ORDER BY s.policy
        """,
        since,
    )
    return [Trial(*row) for row in rows]


async def load_shown(tx: Tx, *, policy: int, since: datetime, at_most: int) -> list[Shown]:
    """Return the latest lists that a policy showed and that lists learn from, with their clicks."""
    rows = await tx.fetch(
        """
        SELECT s.source, s.video_id, s.items,
               ARRAY(SELECT recommended_id FROM recommendation_clicks c WHERE c.slate_id = s.id) AS clicked
          FROM recommendation_slates s
         WHERE s.shown_at >= $2 AND s.strategy = 'hybrid' AND s.policy = $1 AND s.learns
         ORDER BY s.shown_at DESC LIMIT $3
        """,
        policy,
        since,
        at_most,
    )
    return [Shown(row[0], row[1], row[2], frozenset(row[3])) for row in rows]


async def save_eta(tx: Tx, eta: float) -> None:
    """Write how steeply ranks are looked at."""
    await tx.execute(
        """
        INSERT INTO recommendation_state (eta) VALUES ($1) ON CONFLICT (sole) DO UPDATE SET eta = EXCLUDED.eta
        """,
        eta,
    )


async def load_eta(tx: Tx) -> float:
    """Return how steeply ranks are looked at."""
    eta: float | None = await tx.fetch_value("SELECT eta FROM recommendation_state")
    return 1.0 if eta is None else eta


def _record(row: Record) -> PolicyRecord:
    return PolicyRecord(
        policy=replace(FIRST_POLICY, version=row["version"], **row["weights"]),
        state=row["state"],
        made_at=row["made_at"],
        based_on=row["based_on"],
        change=row["change"],
        lists=row["lists"],
        gain=Estimate(row["gain"], row["gain_low"], row["gain_high"]),
    )
