/** The page /watch/{video_id}: who is looking, and whether there is anything to see. */

import "./style.css";
import { Refusal } from "../shared/api.ts";
import { element } from "../shared/dom.ts";
import { buildFrame, notice } from "../shared/frame.ts";
import { api, currentUser } from "../shared/session.ts";
import { signIn } from "../shared/sign-in.ts";
import type { Video } from "./model.ts";
import { showVideo } from "./page.ts";

const frame = buildFrame(api);
const videoId = location.pathname.split("/")[2] ?? "";

async function show(): Promise<void> {
  let user = await currentUser();
  if (user === null) {
    await signIn(frame.main, api, "Sign in to watch. Any account will do.");
    user = await currentUser();
  }
  frame.showUser(user);
  const video = await api.get<Video>(`/api/v1/videos/${encodeURIComponent(videoId)}`);
  await showVideo(frame, video, api, user);
}

function explain(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  const again = element("button", { type: "button", class: "primary", on: { click: () => location.reload() } }, "Try again");
  if (error.status === 404 || error.status === 422) {
    document.title = "Not here · Kinetoscope";
    frame.main.replaceChildren(
      notice("There is no such video", "It may have been deleted, or it is private. If it is yours, sign in with the account that owns it."),
    );
  } else frame.main.replaceChildren(notice("That did not work", error.message, again));
}

show().catch(explain);
