/** The player: the controls of media-chrome around one video, with the timeline of the annotations. */

import "media-chrome/dist/media-controller.js";
import "media-chrome/dist/media-control-bar.js";
import "media-chrome/dist/media-fullscreen-button.js";
import "media-chrome/dist/media-loading-indicator.js";
import "media-chrome/dist/media-mute-button.js";
import "media-chrome/dist/media-pip-button.js";
import "media-chrome/dist/media-play-button.js";
import "media-chrome/dist/media-playback-rate-button.js";
import "media-chrome/dist/media-poster-image.js";
import "media-chrome/dist/media-preview-thumbnail.js";
import "media-chrome/dist/media-preview-time-display.js";
import "media-chrome/dist/media-time-display.js";
import "media-chrome/dist/media-time-range.js";
import "media-chrome/dist/media-volume-range.js";
import { custom, element } from "../shared/dom.ts";
import type { Video } from "./model.ts";

export interface Player {
  readonly root: HTMLElement;
  readonly video: HTMLVideoElement;
  /** Where the pictures of the timeline come from. */
  showStoryboard(url: string): void;
  /** Put a sentence in the place of the picture. */
  say(text: string): void;
}

/** Return a player; `timeline` lies over the range of the time, `card` over the picture. */
export function buildPlayer(shown: Video, timeline: HTMLElement, card: HTMLElement): Player {
  const video = element("video", { slot: "media", playsinline: true, preload: "metadata" });
  const poster = custom("media-poster-image", { slot: "poster", src: shown.thumbnail_url, "aria-hidden": "true" });
  const said = element("p", { class: "said", role: "status" });
  const controller = custom(
    "media-controller",
    { hotkeys: "", "aria-label": "Video player" },
    video,
    shown.thumbnail_url === null ? null : poster,
    custom("media-play-button", { slot: "centered-chrome", class: "begin", notooltip: true }),
    custom("media-loading-indicator", { slot: "centered-chrome", noautohide: true }),
    card,
    element("div", { class: "timeline" }, custom("media-time-range"), timeline),
    custom(
      "media-control-bar",
      { class: "controls" },
      custom("media-play-button"),
      custom("media-mute-button"),
      custom("media-volume-range"),
      custom("media-time-display", { showduration: true }),
      element("span", { class: "space" }),
      custom("media-playback-rate-button"),
      custom("media-pip-button"),
      custom("media-fullscreen-button"),
    ),
  );
  const root = element("div", { class: "stage" }, controller, said);
  const { width = 16, height = 9 } = shown.playback ?? {};
  root.style.setProperty("--shape", `${width} / ${height}`);
  return {
    root,
    video,
    showStoryboard(url) {
      video.append(element("track", { kind: "metadata", label: "thumbnails", src: url, default: true }));
    },
    say(text) {
      said.textContent = text;
    },
  };
}
