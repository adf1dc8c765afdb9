"""Recommendations on the really started platform: asked for, chosen, counted, and moved by who watches."""

from typing import Any

import httpx

from support.people import SignUp
from support.server import Server, eventually


def related(person: httpx.Client, video_id: str, **query: Any) -> dict[str, Any]:
    answer = person.get(f"/api/v1/videos/{video_id}/related", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_twelve_people_make_an_odd_pair_rise_and_what_is_chosen_is_counted(
    server: Server, sign_up: SignUp
) -> None:
    zoe, yan = sign_up(server.url), sign_up(server.url)
    made = [
        zoe.post("/api/v1/videos", json={"title": title, "tags": tags}).json()["id"]
        for title, tags in (
            ("Whisking matcha", ["tea", "odd-pair"]),
            ("Whisking matcha again", ["tea", "odd-pair"]),
            ("Diesel engines", ["engines"]),
        )
    ]
    tea, again, engine = made
    eventually(
        lambda: related(yan, tea, strategy="content")["recommendations"][0]["video_id"] == again, seconds=60
    )

    for person in range(12):
        agent = {"User-Agent": f"Mozilla/5.0 (X11; Linux x86_64; rv:{person}) Firefox/1{person}.0"}
        for video_id in (tea, engine):
            view = {"watch_duration": 60, "completion_percentage": 90}
            track = f"{server.url}/api/v1/videos/{video_id}/track-view"
            assert httpx.post(track, json=view, headers=agent).status_code == 201
    eventually(
        lambda: related(yan, tea, strategy="collaborative")["recommendations"][0]["video_id"] == engine,
        seconds=60,
    )

    shown = related(yan, tea)
    chosen = shown["recommendations"][0]
    click = {
        "recommended_video_id": chosen["video_id"],
        "rank": 1,
        "recommendation_id": shown["recommendation_id"],
    }
    assert httpx.post(f"{server.url}/api/v1/videos/{tea}/related/click", json=click).status_code == 201
    report = eventually(lambda: _clicked(zoe, tea))
    assert report["total_impressions"] > report["total_clicks"] == 1
    assert yan.get("/api/v1/recommendations/for-me").json()["recommendations"]

    zoe.delete(f"/api/v1/videos/{engine}")
    assert engine not in {item["video_id"] for item in related(yan, tea)["recommendations"]}


def _clicked(owner: httpx.Client, video_id: str) -> dict[str, Any] | None:
    report: dict[str, Any] = owner.get(f"/api/v1/videos/{video_id}/related/analytics").json()
    return report if report["total_clicks"] else None
