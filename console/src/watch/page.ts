/** The page of one video, put together. */

import type { Api, User } from "../shared/api.ts";
import { Refusal } from "../shared/api.ts";
import { element } from "../shared/dom.ts";
import type { Frame } from "../shared/frame.ts";
import { actionsOf, quietly } from "./actions.ts";
import { Moments } from "./annotations.ts";
import { Comments } from "./comments.ts";
import { ago, counted } from "./format.ts";
import type { Annotation, Video } from "./model.ts";
import { startOf } from "./moments.ts";
import { buildPlayer, type Player } from "./player.ts";
import { showRelated } from "./related.ts";
import { reportViews } from "./reporting.ts";
import { newId, Sitting } from "./sitting.ts";
import { Source } from "./source.ts";

const LOOKED_AGAIN_AFTER_MS = 2_000;

/** Show a video to somebody who may see it. */
export async function showVideo(frame: Frame, video: Video, api: Api, user: User | null): Promise<void> {
  document.title = `${video.title} · Kinetoscope`;
  const sitting = new Sitting(newId());
  const annotationsPath = `/api/v1/showcase-videos/${video.id}/annotations`;
  const moments = new Moments({
    followed(annotation) {
      const body = { session_id: sitting.id };
      void quietly(api.send("POST", `${annotationsPath}/${annotation.id}/click`, body, { keepalive: true }));
    },
  });
  const player = buildPlayer(video, moments.timeline, moments.card);
  const beside = element("aside", { class: "beside", hidden: true, "aria-labelledby": "moments-title" });
  const comments = element("section", { class: "said-of-it", "aria-label": "Comments", hidden: true });
  const related = element("section", { class: "goes-with-it", "aria-label": "Related videos", hidden: true });
  frame.main.replaceChildren(
    element("div", { class: "watch" }, player.root, aboutOf(video, api), beside, comments, related),
  );
  reportViews(player.video, sitting, api, video.id);
  void showRelated(related, video, api);
  void new Comments(comments, api, video.id, player.video).show();
  const playable = await play(player, video, api);
  if (video.video_type === "demo") {
    const found = await quietly(api.get<{ annotations: Annotation[] }>(annotationsPath));
    if (found !== null && found.annotations.length > 0) showMoments(moments, found.annotations, player, beside, playable);
  }
  document.body.dataset["ready"] = user === null ? "anonymous" : "signed-in";
}

function showMoments(
  moments: Moments,
  annotations: readonly Annotation[],
  player: Player,
  beside: HTMLElement,
  video: Video,
): void {
  const show = (): void => {
    const { duration } = player.video;
    moments.show(annotations, player.video, Number.isFinite(duration) ? duration : (video.duration ?? 0));
  };
  show(); // what is said of a video can be read before its file has come, or where there is none
  if (player.video.readyState === 0) player.video.addEventListener("loadedmetadata", show, { once: true });
  player.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n") moments.step("next");
    if (event.key === "p") moments.step("previous");
  });
  const keys = element("p", { class: "keys muted" }, "In the player: ", element("kbd", {}, "N"), " next, ", element("kbd", {}, "P"), " previous");
  beside.replaceChildren(element("h2", { id: "moments-title" }, "In this video"), keys, moments.list);
  beside.hidden = false;
}

/** Begin to load what there is to play, wait while it is being made, or say why there is nothing. */
async function play(player: Player, video: Video, api: Api): Promise<Video> {
  const second = startOf(location.hash);
  if (video.playback !== null) {
    player.video.crossOrigin = "anonymous"; // the pictures of the timeline, too, may come from elsewhere
    try {
      const source = new Source(player.video, api, video.id, (why) => player.say(why));
      player.showStoryboard((await source.start(second)).storyboard_url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      player.say(error.message);
    }
    return video;
  }
  if (video.status === "uploading" || video.status === "processing") {
    player.say(video.status_detail ?? (video.status === "uploading" ? "The file is being uploaded." : "The video is being prepared."));
    await new Promise((resolve) => setTimeout(resolve, LOOKED_AGAIN_AFTER_MS));
    const now = await quietly(api.get<Video>(`/api/v1/videos/${video.id}`));
    if (now?.playback) location.reload();
    return play(player, now ?? video, api);
  }
  if (video.video_url !== null) {
    player.video.src = video.video_url;
    player.video.addEventListener("error", () => player.say("This video could not be loaded from where it is kept."));
    return video;
  }
  player.say(video.status_detail ?? "This video has no file yet.");
  return video;
}

function aboutOf(video: Video, api: Api): HTMLElement {
  const names = [...video.tech_stack, ...video.tags];
  const facts = `${counted(video.view_count, "view")} · ${ago(video.created_at, Date.now())}`;
  const project =
    video.project_url === null
      ? null
      : element("a", { href: video.project_url, target: "_blank", rel: "noopener noreferrer" }, "Project page");
  return element(
    "section",
    { class: "about-it", "aria-label": "About this video" },
    element("h1", {}, video.title),
    element(
      "div",
      { class: "row" },
      element("p", { class: "by" }, element("strong", {}, video.author), element("span", { class: "muted" }, facts)),
      actionsOf(video, api),
    ),
    video.description === "" && names.length === 0
      ? null
      : element(
          "div",
          { class: "description" },
          video.description === "" ? null : element("p", { class: "text" }, video.description),
          project,
          names.length === 0 ? null : element("ul", { class: "names", "aria-label": "Topics" }, ...names.map((name) => element("li", {}, name))),
        ),
  );
}
