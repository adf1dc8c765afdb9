/** What people say of a video. Where the installation has no comments, their place stays empty. */

import type { Api } from "../shared/api.ts";
import { Refusal } from "../shared/api.ts";
import { element } from "../shared/dom.ts";
import { quietly } from "./actions.ts";
import { ago, clock, counted } from "./format.ts";
import type { Comment } from "./model.ts";

interface Page {
  readonly comments: readonly Comment[];
  readonly comments_count?: number;
  readonly page: number;
  readonly has_more: boolean;
}

/** Fill a place with the comments of a video and a form for one more; `seek` goes to a second of it. */
export class Comments {
  readonly #place: HTMLElement;
  readonly #api: Api;
  readonly #path: string;
  readonly #video: HTMLVideoElement;
  readonly #list = element("ol", { class: "comments" });
  readonly #title = element("h2", {});
  readonly #more = element("button", { type: "button", hidden: true }, "Show more");
  #page = 1;
  #count = 0;

  constructor(place: HTMLElement, api: Api, videoId: string, video: HTMLVideoElement) {
    this.#place = place;
    this.#api = api;
    this.#path = `/api/v1/videos/${videoId}/comments`;
    this.#video = video;
    this.#more.addEventListener("click", () => void this.#load(this.#page + 1));
  }

  /** Show the newest comments, if there can be any. */
  async show(): Promise<void> {
    if (!(await this.#load(1))) return;
    this.#place.replaceChildren(this.#title, this.#form(), this.#list, this.#more);
    this.#place.hidden = false;
  }

  async #load(page: number): Promise<boolean> {
    const found = await quietly(this.#api.get<Page>(`${this.#path}?page=${page}`));
    if (found === null) return false;
    this.#page = page;
    this.#more.hidden = !found.has_more;
    this.#list.append(...found.comments.map((comment) => this.#entry(comment)));
    this.#tell(found.comments_count ?? found.comments.length);
    return true;
  }

  #tell(count: number): void {
    this.#count = count;
    this.#title.textContent = counted(count, "comment");
  }

  #entry(comment: Comment): HTMLLIElement {
    const { timestamp } = comment;
    const when =
      timestamp === null
        ? null
        : element("button", { type: "button", class: "link", on: { click: () => this.#seek(timestamp) } }, clock(timestamp));
    const entry = element(
      "li",
      {},
      element(
        "p",
        { class: "by" },
        element("strong", {}, comment.author ?? "Somebody"),
        element("span", { class: "muted" }, ago(comment.created_at, Date.now())),
        when,
      ),
      element("p", { class: comment.text === null ? "text muted" : "text" }, comment.text ?? "This comment was removed."),
    );
    if (comment.reply_count > 0) entry.append(this.#replies(comment));
    return entry;
  }

  #replies(comment: Comment): HTMLElement {
    const button = element("button", { type: "button", class: "link" }, comment.reply_count === 1 ? "1 reply" : `${comment.reply_count} replies`);
    const load = async (): Promise<void> => {
      const found = await quietly(this.#api.get<Page>(`${this.#path}?parent_id=${comment.id}&page_size=100`));
      if (found === null) return;
      button.replaceWith(element("ol", { class: "comments" }, ...found.comments.map((reply) => this.#entry(reply))));
    };
    button.addEventListener("click", () => void load());
    return button;
  }

  #form(): HTMLFormElement {
    const text = element("textarea", { rows: 2, maxlength: 5000, required: true, placeholder: "Add a comment", "aria-label": "Your comment" });
    const atTime = element("input", { type: "checkbox" });
    const problem = element("p", { class: "problem", role: "alert" });
    const button = element("button", { class: "primary", type: "submit" }, "Comment");
    const send = async (): Promise<void> => {
      button.disabled = true;
      problem.textContent = "";
      try {
        const timed = atTime.checked ? { timestamp: Math.floor(this.#video.currentTime) } : {};
        const made = await this.#api.post<Comment>(this.#path, { text: text.value, ...timed });
        this.#list.prepend(this.#entry(made));
        this.#tell(this.#count + 1);
        text.value = "";
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        problem.textContent = error.message;
      } finally {
        button.disabled = false;
      }
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      void send();
    };
    const check = element("label", { class: "check" }, atTime, "About this moment of the video");
    return element("form", { class: "comment-form", on: { submit } }, text, problem, element("div", { class: "row" }, check, button));
  }

  #seek(second: number): void {
    this.#video.currentTime = second;
    this.#video.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }
}
