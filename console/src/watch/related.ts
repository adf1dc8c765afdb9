/** Videos that go with this one. Where the installation recommends none, their place stays empty. */

import type { Api } from "../shared/api.ts";
import { element } from "../shared/dom.ts";
import { quietly } from "./actions.ts";
import { clock, counted } from "./format.ts";
import type { Recommendation, Video } from "./model.ts";

const SHOWN = 6;

interface Recommended {
  readonly recommendations: readonly Recommendation[];
  readonly recommendation_id?: string;
}

/** Fill a place with the videos related to one, or leave it hidden. */
export async function showRelated(place: HTMLElement, video: Video, api: Api): Promise<void> {
  const path = `/api/v1/videos/${video.id}/related`;
  const found = await quietly(api.get<Recommended>(`${path}?limit=${SHOWN}`));
  const wanted = found?.recommendations ?? [];
  const videos = await Promise.all(wanted.map((item) => quietly(api.get<Video>(`/api/v1/videos/${item.video_id}`))));
  const cards = wanted.flatMap((item, index) => {
    const related = videos[index];
    if (related === null || related === undefined) return [];
    const follow = (): void => {
      const body = {
        recommended_video_id: item.video_id,
        rank: item.rank,
        ...(found?.recommendation_id === undefined ? {} : { recommendation_id: found.recommendation_id }),
      };
      void quietly(api.send("POST", `${path}/click`, body, { keepalive: true }));
    };
    return [cardOf(related, follow)];
  });
  if (cards.length === 0) return;
  place.replaceChildren(element("h2", {}, "Related videos"), element("ul", { class: "related" }, ...cards));
  place.hidden = false;
}

function cardOf(video: Video, follow: () => void): HTMLLIElement {
  const picture = element("span", { class: "picture" });
  if (video.thumbnail_url !== null) {
    picture.append(element("img", { src: video.thumbnail_url, alt: "", loading: "lazy" }));
  }
  if (video.duration !== null) picture.append(element("span", { class: "length" }, clock(video.duration)));
  return element(
    "li",
    {},
    element(
      "a",
      { href: `/watch/${video.id}`, on: { click: follow } },
      picture,
      element(
        "span",
        { class: "about" },
        element("strong", {}, video.title),
        element("span", { class: "muted" }, `${video.author} · ${counted(video.view_count, "view").replace(" ", "\u00a0")}`),
      ),
    ),
  );
}
