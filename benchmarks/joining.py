"""How long it takes from the token of a session to the first picture of somebody who is there already.

    python -m benchmarks.joining [--joins 30]

A really started platform, and Debian's Chromium with a camera that is made up: one page publishes, another
joins, sees a picture, and leaves, again and again. The clock begins when the token is there, and ends with
the first decoded frame. The floor is the same browser connected to itself, without any server.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.library import started_platform

Times = dict[str, float]

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
)
APART_SECONDS = 1.0  # longer than key frames are kept apart: nobody gains or loses by the one before
STEPS = ("subscribed", "answered", "ICE", "connected", "frame")
PASSWORD = "correct horse battery"  # noqa: S105 - of an account that lives as long as the benchmark

COMMON = """
    const begun = performance.now(), at = {};
    const mark = name => { at[name] ??= performance.now() - begun; };
    const shown = peer => new Promise(resolve => peer.addEventListener("track", ({ track }) => {
        const video = document.createElement("video");
        Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream([track]) });
        document.body.append(video);
        video.requestVideoFrameCallback(() => { mark("frame"); video.remove(); resolve(); });
    }));
    const watched = peer => {
        peer.addEventListener("iceconnectionstatechange", () => {
            if (["connected", "completed"].includes(peer.iceConnectionState)) mark("ICE");
        });
        peer.addEventListener("connectionstatechange", () => {
            if (peer.connectionState === "connected") mark("connected");
        });
    };
    const send = async (method, path, body) => {
        const headers = { Authorization: `Bearer ${token.token}`, "Content-Type": "application/json" };
        const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
        if (!answer.ok) throw new Error(await answer.text());
        return answer.status === 204 ? null : answer.json();
    };
    const camera = async () => {
        const wish = { width: 640, height: 360, frameRate: 30 };
        return (await navigator.mediaDevices.getUserMedia({ video: wish })).getTracks()[0];
    };
"""
PUBLISH = (
    "async ({ token, path }) => {"
    + COMMON
    + """
    const peer = window.peer = new RTCPeerConnection({ iceServers: token.ice_servers });
    peer.addTransceiver(await camera(), { direction: "sendonly" });
    await peer.setLocalDescription();
    const own = `${path}/participants/${token.participant_id}`;
    const wish = { sdp: peer.localDescription.sdp, type: "video", track_name: "camera" };
    const published = await send("POST", `${own}/tracks`, wish);
    await peer.setRemoteDescription({ type: "answer", sdp: published.sdp });
    return published.track_id;
}"""
)
JOIN = (
    "async ({ token, path, track }) => {"
    + COMMON
    + """
    const own = `${path}/participants/${token.participant_id}`;
    const peer = new RTCPeerConnection({ iceServers: token.ice_servers });
    watched(peer);
    const frame = shown(peer);
    const { sdp } = await send("POST", `${own}/subscriptions`, { track_ids: [track] });
    mark("subscribed");
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription();
    await send("PUT", `${own}/renegotiate`, { sdp: peer.localDescription.sdp, type: "answer" });
    mark("answered");
    await frame;
    peer.close();
    await send("DELETE", own);
    return at;
}"""
)
FLOOR = (
    "async () => {"
    + COMMON
    + """
    const track = await camera();
    const from = new RTCPeerConnection(), to = new RTCPeerConnection();
    from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate);
    to.onicecandidate = ({ candidate }) => from.addIceCandidate(candidate);
    mark("ready");
    watched(to);
    const frame = shown(to);
    from.addTrack(track);
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription);
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
    await frame;
    for (const each of [from, to]) each.close();
    track.stop();
    return Object.fromEntries(Object.entries(at).map(([name, when]) => [name, when - at.ready]));
}"""
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--joins", type=int, default=30)
    chosen = parser.parse_args()
    assert PROGRAM is not None, "needs Chromium (apt-get install chromium)"
    with tempfile.TemporaryDirectory() as folder, started_platform(Path(folder)) as platform:
        address = str(platform.client.base_url).rstrip("/")
        with httpx.Client(base_url=address, timeout=30) as guest:
            person = {"email": "guest@example.org", "password": PASSWORD}
            token = guest.post("/api/v1/auth/register", json=person).json()["access_token"]
            guest.headers["Authorization"] = f"Bearer {token}"
            asyncio.run(_measure(platform.client, guest, chosen.joins))


async def _measure(host: httpx.Client, guest: httpx.Client, joins: int) -> None:
    print(f"{psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}", flush=True)
    path = _session(host)
    # Cameras need a secure page, which localhost is.
    site = str(host.base_url).rstrip("/").replace("127.0.0.1", "localhost")
    url = f"{site}/call/{path.rpartition('/')[2]}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
        publisher = await _page(browser, url)
        token = _token(host, path)
        track = await publisher.evaluate(PUBLISH, {"token": token, "path": path})
        await publisher.wait_for_function("peer.connectionState === 'connected'")
        joining = await _page(browser, url)
        wanted = {"path": path, "track": track}
        await joining.evaluate(JOIN, {**wanted, "token": _token(guest, path)})  # the first warms up
        times: list[Times] = []
        for _ in range(joins):
            await asyncio.sleep(APART_SECONDS)
            times.append(await joining.evaluate(JOIN, {**wanted, "token": _token(guest, path)}))
        _print("join", times)
        floor: list[Times] = [await joining.evaluate(FLOOR) for _ in range(max(3, joins // 3))]
        _print("floor", floor)
        await browser.close()
    ratio = _median(times, "frame") / _median(floor, "frame")
    print(f"a join takes {ratio:.2f} of what the browser takes to connect to itself")


def _session(host: httpx.Client) -> str:
    made = host.post("/api/v1/video-sessions/sessions", json={"session_name": "Measured"})
    return f"/api/v1/video-sessions/sessions/{made.json()['id']}"


async def _page(browser: Browser, url: str) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(url)
    return page


def _token(client: httpx.Client, path: str) -> dict[str, Any]:
    answer = client.post(f"{path}/token", json={"display_name": "Somebody"})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _print(name: str, times: Sequence[Times]) -> None:
    ordered = sorted(one["frame"] for one in times)
    steps = ", ".join(f"{step} {_median(times, step):.0f}" for step in STEPS if step in times[0])
    p50, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{name}: first frame p50 {p50:.0f}, p95 {p95:.0f} ms ({len(times)})", end="; ")
    print(f"medians, since the token: {steps}", flush=True)


def _median(times: Sequence[Times], step: str) -> float:
    return statistics.median(one[step] for one in times if step in one)


if __name__ == "__main__":
    main()
