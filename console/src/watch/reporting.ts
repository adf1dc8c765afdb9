/** Reports what was watched: at the start, every ten seconds, on a pause, at the end, when the page is left. */

import type { Api } from "../shared/api.ts";
import { Refusal } from "../shared/api.ts";
import type { Sitting } from "./sitting.ts";

/** Report a video's sitting for as long as the page lives. */
export function reportViews(video: HTMLVideoElement, sitting: Sitting, api: Api, videoId: string): void {
  let isTaken = true;
  let hasBegun = false;
  const report = async (keepalive: boolean): Promise<void> => {
    if (!hasBegun || !isTaken) return;
    sitting.cover(video.played, video.duration);
    const body = sitting.take();
    if (body === null) return;
    try {
      await api.send("POST", `/api/v1/videos/${videoId}/track-view`, body, { keepalive });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // An installation without analytics is not asked again; what fails otherwise is in the next report.
      if (error.code === "unknown_route" || error.code === "method_not_allowed") isTaken = false;
    }
  };
  const advance = (): void => {
    sitting.advance(video.currentTime);
    if (sitting.isDue) void report(false);
  };
  const rest = (): void => {
    if (!video.seeking) sitting.advance(video.currentTime);
    sitting.interrupt();
    void report(false);
  };
  video.addEventListener("playing", () => {
    sitting.interrupt();
    sitting.advance(video.currentTime);
    if (hasBegun) return;
    hasBegun = true;
    void report(false);
  });
  video.addEventListener("timeupdate", () => {
    if (!video.paused && !video.seeking) advance();
  });
  video.addEventListener("seeking", () => sitting.interrupt());
  video.addEventListener("emptied", () => sitting.interrupt());
  video.addEventListener("pause", rest);
  video.addEventListener("ended", rest);
  addEventListener("pagehide", () => void report(true));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void report(true);
  });
}
