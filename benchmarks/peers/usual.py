"""The usual application: FastAPI and the SQLAlchemy ORM, written as most people write it.

One session a request, a dependency that decodes the token and loads the user, response models made from
ORM objects, a middleware for the request id.
"""

import asyncio
import hashlib
import json
import os
import sys
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, DateTime, ForeignKey, String, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SECRET = "the usual secret, which is long enough"  # noqa: S105 - of a benchmark
engine = create_async_engine(os.environ["USUAL_DATABASE_URL"], pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables of this application."""


class User(Base):
    """A user."""

    __tablename__ = "usual_users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(String(255), unique=True)


class Video(Base):
    """A video, its counters included."""

    __tablename__ = "usual_videos"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("usual_users.id"), index=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str]
    video_type: Mapped[str] = mapped_column(String(20))
    video_url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    duration: Mapped[int | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    tech_stack: Mapped[list[str]] = mapped_column(ARRAY(String))
    project_url: Mapped[str | None]
    visibility: Mapped[str] = mapped_column(String(10), default="public")
    view_count: Mapped[int] = mapped_column(default=0)
    like_count: Mapped[int] = mapped_column(default=0)
    share_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC), index=True
    )
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class View(Base):
    """One sitting."""

    __tablename__ = "usual_views"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    video_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("usual_videos.id"), index=True)
    session_id: Mapped[uuid.UUID] = mapped_column(index=True, default=uuid.uuid4)
    ip_hash: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str]
    watch_duration: Mapped[int]
    completion_percentage: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC), index=True
    )


class ViewBody(BaseModel):
    """What a player reports."""

    watch_duration: int
    completion_percentage: float
    session_id: uuid.UUID | None = None


class ViewOut(BaseModel):
    """Where to report next."""

    session_id: uuid.UUID


class VideoOut(BaseModel):
    """A video as it is sent."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    user_id: uuid.UUID
    title: str
    description: str
    video_type: str
    video_url: str | None
    thumbnail_url: str | None
    duration: int | None
    tags: list[str]
    tech_stack: list[str]
    project_url: str | None
    visibility: str
    view_count: int
    like_count: int
    share_count: int
    created_at: datetime
    updated_at: datetime


class VideoList(BaseModel):
    """A page of videos."""

    videos: list[VideoOut]
    total: int
    page: int
    page_size: int


app = FastAPI()


@app.middleware("http")
async def request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give every answer a request id."""
    response = await call_next(request)
    response.headers["X-Request-ID"] = request.headers.get("X-Request-ID", str(uuid.uuid4()))
    return response


async def session() -> AsyncGenerator[AsyncSession]:
    """Give one session a request."""
    async with sessions() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


async def current_user(db: Session, authorization: Annotated[str, Header()]) -> User:
    """Return the user whose token this is."""
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401) from error
    user = await db.get(User, uuid.UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


CurrentUser = Annotated[User, Depends(current_user)]


@app.get("/api/v1/videos/{video_id}", response_model=VideoOut)
async def get_video(video_id: uuid.UUID, db: Session, user: CurrentUser) -> Video:
    """Return a video."""
    video = await db.get(Video, video_id)
    if video is None or (video.visibility == "private" and video.user_id != user.id):
        raise HTTPException(404)
    return video


@app.get("/api/v1/videos", response_model=VideoList)
async def list_videos(
    db: Session, user: CurrentUser, page: int = 1, page_size: int = 20
) -> dict[str, object]:
    """Return a page of videos."""
    visible = or_(Video.visibility == "public", Video.user_id == user.id)
    total = await db.scalar(select(func.count()).select_from(Video).where(visible))
    newest = select(Video).where(visible).order_by(Video.created_at.desc())
    rows = await db.scalars(newest.offset((page - 1) * page_size).limit(page_size))
    return {"videos": rows.all(), "total": total, "page": page, "page_size": page_size}


@app.post("/api/v1/videos/{video_id}/track-view", status_code=201)
async def track_view(video_id: uuid.UUID, body: ViewBody, request: Request, db: Session) -> ViewOut:
    """Record a view."""
    if await db.get(Video, video_id) is None:
        raise HTTPException(404)
    view = None
    if body.session_id is not None:
        view = await db.scalar(select(View).where(View.session_id == body.session_id))
    if view is None:
        address = request.client.host if request.client else ""
        view = View(
            video_id=video_id,
            ip_hash=hashlib.sha256(address.encode()).hexdigest(),
            user_agent=request.headers.get("user-agent", ""),
            watch_duration=body.watch_duration,
            completion_percentage=body.completion_percentage,
        )
        db.add(view)
    else:
        view.watch_duration = max(view.watch_duration, body.watch_duration)
        view.completion_percentage = max(view.completion_percentage, body.completion_percentage)
    await db.commit()
    return ViewOut(session_id=view.session_id)


async def fill(count: int, users: int) -> None:
    """Make the tables and fill them; print the tokens of the users and the ids of the videos as JSON."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions() as db:
        people = [User(email=f"user{number}@example.org") for number in range(users)]
        db.add_all(people)
        await db.flush()
        videos = [
            Video(
                user_id=people[number % users].id,
                title=f"Video {number}",
                description="A description of a usual length, which says what is in it. " * 4,
                video_type="tutorial",
                video_url=f"https://example.org/{number}.mp4",
                duration=number % 3600,
                tags=["python", "tutorial", f"tag{number % 50}"],
                tech_stack=["FastAPI"],
            )
            for number in range(count)
        ]
        db.add_all(videos)
        await db.commit()
        tokens = [jwt.encode({"sub": str(user.id)}, SECRET, algorithm="HS256") for user in people]
        print(json.dumps({"tokens": tokens, "ids": [str(video.id) for video in videos]}))


if __name__ == "__main__":
    asyncio.run(fill(int(sys.argv[1]), int(sys.argv[2])))
