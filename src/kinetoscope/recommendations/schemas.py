"""The JSON of recommendations."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ..http.values import OnlyNumbers
from .click_store import RankCount
from .clicking import Clicked
from .intervals import share
from .models import Fallback, Signal, Strategy
from .service import Recommendations, Recommended


class ReasonOut(BaseModel):
    """What one signal contributed to a score."""

    signal: Signal
    contribution: float = Field(description="The contributions of an item sum to its `similarity_score`")
    text: str


class RecommendationOut(BaseModel):
    """A video to watch next."""

    video_id: UUID
    title: str
    similarity_score: float = Field(ge=0, le=1)
    rank: int = Field(ge=1)
    thumbnail_url: str | None
    duration: int | None = Field(description="Whole seconds")
    author: str
    reasons: list[ReasonOut]

    @classmethod
    def of(cls, item: Recommended) -> "RecommendationOut":
        """Return one item of an answer."""
        return cls(
            video_id=item.shown.video_id,
            title=item.shown.title,
            similarity_score=item.score,
            rank=item.rank,
            thumbnail_url=item.shown.thumbnail_url,
            duration=item.shown.duration,
            author=item.shown.author,
            reasons=[
                ReasonOut(signal=reason.signal, contribution=reason.contribution, text=reason.text)
                for reason in item.reasons
            ],
        )


class _ListOut(BaseModel):
    recommendations: list[RecommendationOut]
    strategy: Strategy
    total: int
    recommendation_id: UUID = Field(description="Names this answer, for a click on it")
    fallback: Fallback | None = Field(
        description="What the list was made from where the strategy's own data say nothing yet"
    )
    policy: int = Field(description="The version of the policy by which it was put together")


class RelatedOut(_ListOut):
    """What to watch after a video, best first."""

    video_id: UUID

    @classmethod
    def of(cls, video_id: UUID, made: Recommendations) -> "RelatedOut":
        """Return an answer."""
        return cls(
            video_id=video_id,
            recommendations=[RecommendationOut.of(item) for item in made.items],
            strategy=made.strategy,
            total=len(made.items),
            recommendation_id=made.id,
            fallback=made.fallback,
            policy=made.policy,
        )


class ForMeOut(_ListOut):
    """What the caller may like, best first."""

    @classmethod
    def of(cls, made: Recommendations) -> "ForMeOut":
        """Return an answer."""
        return cls(
            recommendations=[RecommendationOut.of(item) for item in made.items],
            strategy=made.strategy,
            total=len(made.items),
            recommendation_id=made.id,
            fallback=made.fallback,
            policy=made.policy,
        )


_RANK = Annotated[int, Field(ge=1, le=1000, description="Where it stood, from 1"), OnlyNumbers]


class NewClick(BaseModel):
    """Which recommendation was chosen."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recommended_video_id": "01890a5d-ac96-774b-bcce-b302099a8057", "rank": 1}]
        }
    )

    recommended_video_id: UUID
    rank: _RANK
    recommendation_id: UUID | None = Field(
        None, description="The list that it was chosen from; by default the last one that fits"
    )

    def clicked(self) -> Clicked:
        """Return what was sent."""
        return Clicked(self.recommended_video_id, self.rank, self.recommendation_id)


class ClickOut(BaseModel):
    """A click was recorded."""

    status: Literal["success"] = "success"
    message: str = "Click recorded successfully"


class _Share(BaseModel):
    impressions: int
    clicks: int
    ctr: float = Field(ge=0, le=1, description="Clicks by impressions; 0 without any")
    low: float = Field(description="Lower end of its 95 % interval (Wilson)")
    high: float


class RankOut(_Share):
    """What happened at one rank."""

    rank: int


class StrategyOut(_Share):
    """What happened to the lists of one strategy."""

    strategy: Strategy


class ClickReportOut(BaseModel):
    """How often the recommendations beside a video were chosen."""

    video_id: UUID
    time_range_days: int
    total_impressions: int = Field(description="Items shown")
    total_clicks: int
    average_ctr: float = Field(ge=0, le=1)
    by_rank: list[RankOut]
    by_strategy: list[StrategyOut]

    @classmethod
    def of(cls, video_id: UUID, days: int, counts: Sequence[RankCount]) -> "ClickReportOut":
        """Return a report."""
        impressions, clicks = _sums(counts)
        by_rank = {count.rank: [c for c in counts if c.rank == count.rank] for count in counts}
        strategies: list[Strategy] = ["content", "collaborative", "hybrid"]
        named = {name: [c for c in counts if c.strategy == name] for name in strategies}
        return cls(
            video_id=video_id,
            time_range_days=days,
            total_impressions=impressions,
            total_clicks=clicks,
            average_ctr=share(clicks, impressions).value,
            by_rank=[RankOut.model_validate({"rank": r} | _shares(by_rank[r])) for r in sorted(by_rank)],
            by_strategy=[
                StrategyOut.model_validate({"strategy": name} | _shares(named[name]))
                for name in strategies
                if named[name]
            ],
        )


def _sums(counts: Sequence[RankCount]) -> tuple[int, int]:
    return sum(count.impressions for count in counts), sum(count.clicks for count in counts)


def _shares(counts: Sequence[RankCount]) -> dict[str, object]:
    impressions, clicks = _sums(counts)
    ctr = share(clicks, impressions)
    return {
        "impressions": impressions, "clicks": clicks, "ctr": ctr.value, "low": ctr.low, "high": ctr.high,
    }  # fmt: skip
