/** The annotations of a video: markers on the timeline, a card while it plays, and a list beside it. */

import { element, icon } from "../shared/dom.ts";
import { clock, spoken } from "./format.ts";
import { TYPE_NAMES, type Annotation } from "./model.ts";
import { endOf, momentAt, neighbour, placeOf } from "./moments.ts";

const CLOSE = "M6 6l12 12M18 6L6 18";
const OPEN = "M14 5h5v5M19 5l-8 8M11 6H6a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h11a1 1 0 0 0 1-1v-5";

export interface Follower {
  /** Somebody has chosen an annotation or opened its link. */
  followed(annotation: Annotation): void;
}

export class Moments {
  /** Lies over the range of the time. */
  readonly timeline = element("div", { class: "markers", role: "group", "aria-label": "Annotations" });
  /** Lies over the picture. It stays when the controls fade. */
  readonly card = element("div", { class: "card-place", noautohide: true, "aria-live": "polite" });
  /** Stands beside the player. */
  readonly list = element("ol", { class: "moments" });
  #annotations: readonly Annotation[] = [];
  #markers: HTMLButtonElement[] = [];
  #entries: HTMLLIElement[] = [];
  #shown: Annotation | null = null;
  #dismissed: Annotation | null = null;
  #video: HTMLVideoElement | null = null;
  readonly #follower: Follower;

  constructor(follower: Follower) {
    this.#follower = follower;
  }

  /** Show annotations, which are in the order of their time, on a video; `duration` is 0 where it is unknown. */
  show(annotations: readonly Annotation[], video: HTMLVideoElement, duration: number): void {
    this.#annotations = annotations;
    if (this.#video === null) this.#follow(video);
    this.#shown = null;
    this.#markers = annotations.map((annotation, index) => this.#marker(annotation, index, duration));
    this.#entries = annotations.map((annotation) => this.#entry(annotation));
    const onTheLine = duration > 0 ? [...annotations.map((a) => rangeOf(a, duration)), ...this.#markers] : [];
    this.timeline.replaceChildren(...onTheLine);
    this.list.replaceChildren(...this.#entries);
    if (video.readyState > 0) this.#update(video.currentTime);
  }

  #follow(video: HTMLVideoElement): void {
    this.#video = video;
    for (const kind of ["timeupdate", "seeked", "loadedmetadata"]) {
      video.addEventListener(kind, () => this.#update(video.currentTime));
    }
  }

  /** Go to the next annotation, or the one before. */
  step(direction: "next" | "previous"): void {
    const found = neighbour(this.#annotations, this.#video?.currentTime ?? 0, direction);
    if (found !== null) this.#choose(found);
  }

  #choose(annotation: Annotation): void {
    if (this.#video === null) return;
    this.#dismissed = null;
    this.#video.currentTime = annotation.timestamp;
    this.#follower.followed(annotation);
  }

  #update(second: number): void {
    const found = momentAt(this.#annotations, second);
    if (found !== this.#dismissed) this.#dismissed = null;
    if (found === this.#shown) return;
    // Whoever is about to follow the link keeps it.
    if (found === null && this.card.matches(":hover, :focus-within")) return;
    this.#shown = found;
    this.card.replaceChildren(...(found === null || found === this.#dismissed ? [] : [this.#cardOf(found)]));
    this.#annotations.forEach((annotation, index) => {
      const isShown = annotation === found;
      this.#markers[index]?.toggleAttribute("data-shown", isShown);
      const entry = this.#entries[index];
      entry?.toggleAttribute("data-shown", isShown);
      entry?.querySelector("button")?.setAttribute("aria-current", String(isShown));
      if (isShown && entry !== undefined) scrollInside(this.list, entry);
    });
  }

  #dismiss(): void {
    this.#dismissed = this.#shown;
    this.card.replaceChildren();
    this.#video?.closest<HTMLElement>("media-controller")?.focus();
  }

  #cardOf(annotation: Annotation): HTMLElement {
    const close = element(
      "button",
      { type: "button", class: "close", "aria-label": "Close this annotation", on: { click: () => this.#dismiss() } },
      icon(CLOSE),
    );
    return element(
      "article",
      { class: "annotation-card", "data-type": annotation.annotation_type },
      element("div", { class: "said-what" }, chip(annotation), element("h2", {}, annotation.title)),
      annotation.description === "" ? null : element("p", {}, annotation.description),
      this.#link(annotation),
      close,
    );
  }

  #marker(annotation: Annotation, index: number, duration: number): HTMLButtonElement {
    const marker = element(
      "button",
      {
        type: "button",
        class: "marker",
        "data-type": annotation.annotation_type,
        "aria-label": `${TYPE_NAMES[annotation.annotation_type]} at ${spoken(annotation.timestamp)}: ${annotation.title}`,
        tabindex: index === 0 ? 0 : -1, // one stop for the tabulator; arrows lead on
        on: { click: () => this.#choose(annotation), keydown: (event) => this.#move(event, index) },
      },
      element("span", { class: "tip", "aria-hidden": "true" }, `${clock(annotation.timestamp)} · ${annotation.title}`),
    );
    const place = placeOf(annotation.timestamp, duration);
    marker.style.setProperty("--at", `${place}%`);
    marker.toggleAttribute("data-left", place < 20);
    marker.toggleAttribute("data-right", place > 80);
    return marker;
  }

  /** Move the focus among the markers; the player's own keys rest meanwhile. */
  #move(event: KeyboardEvent, index: number): void {
    const last = this.#markers.length - 1;
    const targets: Record<string, number> = {
      ArrowRight: Math.min(last, index + 1),
      ArrowLeft: Math.max(0, index - 1),
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.stopPropagation();
    if (target === undefined) return;
    event.preventDefault();
    this.#markers.forEach((marker, at) => marker.setAttribute("tabindex", at === target ? "0" : "-1"));
    this.#markers[target]?.focus();
  }

  #entry(annotation: Annotation): HTMLLIElement {
    const until = annotation.end_timestamp === null ? "" : `–${clock(annotation.end_timestamp)}`;
    const button = element(
      "button",
      { type: "button", "aria-current": "false", on: { click: () => this.#choose(annotation) } },
      element("span", { class: "when" }, clock(annotation.timestamp) + until),
      element("span", { class: "what" }, annotation.title),
      chip(annotation),
    );
    const more = element(
      "div",
      { class: "more" },
      annotation.description === "" ? null : element("p", { class: "muted" }, annotation.description),
      this.#link(annotation),
    );
    return element("li", { "data-type": annotation.annotation_type }, button, more.hasChildNodes() ? more : null);
  }

  #link(annotation: Annotation): HTMLElement | null {
    if (annotation.url === null) return null;
    const link = element(
      "a",
      {
        class: "follow",
        href: annotation.url,
        target: "_blank",
        rel: "noopener noreferrer",
        on: { click: () => this.#follower.followed(annotation) },
      },
      new URL(annotation.url).hostname,
      icon(OPEN),
    );
    link.append(element("span", { class: "hidden" }, " (opens a new tab)"));
    return link;
  }
}

function chip(annotation: Annotation): HTMLElement {
  return element("span", { class: "chip", "data-type": annotation.annotation_type }, TYPE_NAMES[annotation.annotation_type]);
}

function rangeOf(annotation: Annotation, duration: number): HTMLElement {
  const range = element("span", { class: "range", "data-type": annotation.annotation_type, "aria-hidden": "true" });
  const start = placeOf(annotation.timestamp, duration);
  const end = annotation.end_timestamp === null ? start : placeOf(endOf(annotation), duration);
  range.style.setProperty("--at", `${start}%`);
  range.style.setProperty("--until", `${end}%`);
  return range;
}

/** Bring an entry into view without moving the page itself. */
function scrollInside(list: HTMLElement, entry: HTMLElement): void {
  const [top, bottom] = [entry.offsetTop - list.offsetTop, entry.offsetTop - list.offsetTop + entry.offsetHeight];
  if (top < list.scrollTop || bottom > list.scrollTop + list.clientHeight) list.scrollTo({ top: top - 8 });
}
