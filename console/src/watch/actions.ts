/** Liking and passing on. Where the installation has neither, their buttons stay away. */

import type { Api } from "../shared/api.ts";
import { Refusal } from "../shared/api.ts";
import { element, icon } from "../shared/dom.ts";
import { compact } from "./format.ts";
import type { Video } from "./model.ts";

const HEART = "M12 20s-8-4.7-8-10.6A4.4 4.4 0 0 1 12 7a4.4 4.4 0 0 1 8 2.4C20 15.3 12 20 12 20Z";
const SHARE = "M12 15V4M8 8l4-4 4 4M5 13v5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-5";

interface LikeState {
  readonly liked: boolean;
  readonly total_likes: number;
}

/** Return the buttons under a video. */
export function actionsOf(video: Video, api: Api): HTMLElement {
  const row = element("div", { class: "actions" });
  const told = element("span", { class: "told", role: "status" });
  void addLike(row, video, api, told);
  row.append(shareButton(video, api, told), told);
  return row;
}

async function addLike(row: HTMLElement, video: Video, api: Api, told: HTMLElement): Promise<void> {
  const path = `/api/v1/videos/${video.id}/like`;
  const state = await quietly(api.get<LikeState>(path));
  if (state === null) return;
  let isLiked = state.liked;
  const count = element("span", {});
  const button = element("button", { type: "button", class: "like" }, icon(HEART), count);
  const show = (total: number): void => {
    count.textContent = compact(total);
    button.setAttribute("aria-pressed", String(isLiked));
    button.setAttribute("aria-label", `Like this video; ${total} ${total === 1 ? "person likes" : "people like"} it`);
  };
  const toggle = async (): Promise<void> => {
    button.disabled = true;
    try {
      const answer = await api.send<{ total_likes: number }>(isLiked ? "DELETE" : "POST", path);
      isLiked = !isLiked;
      show(answer.total_likes);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      told.textContent = error.message;
    } finally {
      button.disabled = false;
      button.focus();
    }
  };
  button.addEventListener("click", () => void toggle());
  show(state.total_likes);
  row.prepend(button);
}

function shareButton(video: Video, api: Api, told: HTMLElement): HTMLElement {
  const share = async (): Promise<void> => {
    const url = location.origin + location.pathname;
    let platform = "link";
    try {
      if (typeof navigator.share === "function") {
        await navigator.share({ title: video.title, url });
        platform = "native";
      } else {
        await navigator.clipboard.writeText(url);
        told.textContent = "The link is copied.";
      }
    } catch {
      told.textContent = url; // cancelled, or no clipboard on this page: there it is to be copied by hand
      return;
    }
    await quietly(api.post(`/api/v1/videos/${video.id}/share`, { platform }));
  };
  return element("button", { type: "button", on: { click: () => void share() } }, icon(SHARE), "Share");
}

/** Return what the API answers, or null where it refuses. */
export async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
