/** The call as it is seen: tiles, who is here, and the bar of buttons. */

import { Refusal } from "../shared/api.ts";
import { element, icon } from "../shared/dom.ts";
import type { View } from "./call.ts";
import { Call } from "./call.ts";
import type { SessionClient } from "./client.ts";
import { CAMERA, CAMERA_OFF, LEAVE, MIC, MIC_OFF, PEOPLE, RECORD, SCREEN } from "./icons.ts";
import type { Choice } from "./lobby.ts";
import { capture, face } from "./lobby.ts";
import { Tiles } from "./tiles.ts";
import type { Session, TrackType } from "./types.ts";

const SAID_MS = 6000;

export class Stage implements View {
  readonly root: HTMLElement;
  readonly #call: Call;
  readonly #session: Session;
  readonly #over: (why: string) => void;
  readonly #tiles = new Tiles();
  readonly #said = element("p", { class: "said", role: "status" });
  readonly #people = element("aside", { class: "card people", "aria-label": "Who is here", hidden: true });
  readonly #microphone = button("M", () => void this.#switchMicrophone());
  readonly #camera = button("V", () => void this.#switch("video"));
  readonly #screen = button("S", () => void this.#switch("screen"));
  readonly #record = button("R", () => void this.#try(() => this.#call.record(!this.#call.isRecording)));
  readonly #sign = element("p", { class: "recording", hidden: true }, "Recording");
  readonly #list = button("P", () => this.#showPeople());
  readonly #keys = (event: KeyboardEvent): void => this.#key(event);
  #silence = 0;

  constructor(client: SessionClient, session: Session, invitation: Node, over: (why: string) => void) {
    this.#session = session;
    this.#over = over;
    this.#call = new Call(client, this);
    const leave = element(
      "button",
      { type: "button", class: "round leave", title: "Leave", on: { click: () => void this.#leave() } },
      icon(LEAVE),
      element("span", { class: "hidden" }, "Leave"),
    );
    const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Call" });
    this.#record.classList.add("record");
    this.#record.hidden = true;
    bar.append(this.#microphone, this.#camera, this.#screen, this.#record, this.#list, leave);
    this.root = element(
      "section",
      { class: "stage" },
      element("header", { class: "stage-head" }, element("h1", {}, session.session_name), this.#sign, invitation),
      element("div", { class: "stage-body" }, this.#tiles.root, this.#people),
      this.#said,
      bar,
    );
    document.addEventListener("keydown", this.#keys);
    addEventListener("pagehide", () => void this.#call.leave(), { once: true });
  }

  /** Take part with what was chosen in the lobby. */
  async begin(choice: Choice): Promise<void> {
    await this.#call.begin();
    for (const [type, media] of [["audio", choice.microphone], ["video", choice.camera]] as const) {
      if (media !== null) await this.#try(() => this.#call.send(type, media));
    }
    await this.#try(() => this.#call.receiveAll());
    this.#microphone.focus();
  }

  changed(): void {
    this.#tiles.show(this.#call);
    const hasSound = this.#call.local.has("audio");
    face(this.#microphone, hasSound && !this.#call.isMuted, "Microphone", MIC, MIC_OFF);
    face(this.#camera, this.#call.local.has("video"), "Camera", CAMERA, CAMERA_OFF);
    face(this.#screen, this.#call.local.has("screen"), "Share a screen", SCREEN, SCREEN);
    face(this.#record, this.#call.isRecording, "Record", RECORD, RECORD);
    this.#record.hidden = !this.#call.isHost;
    this.#sign.hidden = !this.#call.isRecording;
    face(this.#list, !this.#people.hidden, `Who is here (${this.#call.people.size})`, PEOPLE, PEOPLE);
    this.#list.append(element("span", { class: "count", "aria-hidden": "true" }, String(this.#call.people.size)));
    this.#renderPeople();
  }

  said(text: string): void {
    this.#said.textContent = text;
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => (this.#said.textContent = ""), SAID_MS);
  }

  arrived(trackId: string, media: MediaStreamTrack): void {
    this.#tiles.arrived(trackId, media);
    this.changed();
  }

  ended(why: string): void {
    document.removeEventListener("keydown", this.#keys);
    this.#tiles.clear();
    this.#over(why);
  }

  async #leave(): Promise<void> {
    await this.#call.leave();
    this.ended("You have left.");
  }

  async #switchMicrophone(): Promise<void> {
    if (this.#call.local.has("audio")) await this.#try(() => this.#call.mute(!this.#call.isMuted));
    else await this.#send("audio", await capture("audio"));
  }

  async #switch(type: "video" | "screen"): Promise<void> {
    if (this.#call.local.has(type)) await this.#try(() => this.#call.stop(type));
    else await this.#send(type, type === "video" ? await capture("video") : await shareScreen());
  }

  async #send(type: TrackType, media: MediaStreamTrack | null): Promise<void> {
    if (media === null) {
      if (type !== "screen") this.said(`The ${type === "audio" ? "microphone" : "camera"} cannot be used.`);
      return;
    }
    media.addEventListener("ended", () => void this.#try(() => this.#call.stop(type)));
    await this.#try(() => this.#call.send(type, media));
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.said(error.message);
    }
  }

  #showPeople(): void {
    this.#people.hidden = !this.#people.hidden;
    this.changed();
  }

  #renderPeople(): void {
    const mayRemove = this.#call.isHost;
    const rows = [...this.#call.people.values()].map((person) => {
      const remove = (): void => void this.#try(() => this.#call.client.remove(person.id));
      const role = person.isSelf ? "you" : person.isHost ? "host" : null;
      return element(
        "li",
        {},
        element("span", {}, person.name),
        role === null ? null : element("span", { class: "muted" }, role),
        mayRemove && !person.isSelf
          ? element("button", { type: "button", class: "link", on: { click: remove } }, "Remove", element("span", { class: "hidden" }, ` ${person.name}`))
          : null,
      );
    });
    const free = this.#session.max_participants - rows.length;
    this.#people.replaceChildren(
      element("h2", {}, `Who is here (${rows.length})`),
      element("ul", {}, ...rows),
      element("p", { class: "muted" }, `Room for ${free} more.`),
    );
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLInputElement;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const buttons = { m: this.#microphone, v: this.#camera, s: this.#screen, r: this.#record, p: this.#list };
    const wanted = buttons[event.key.toLowerCase() as keyof typeof buttons] as HTMLButtonElement | undefined;
    if (wanted?.hidden === false) wanted.click();
  }
}

function button(key: string, click: () => void): HTMLButtonElement {
  return element("button", { type: "button", class: "round", "aria-keyshortcuts": key, on: { click } });
}

/** Return a screen that was chosen, or null. */
async function shareScreen(): Promise<MediaStreamTrack | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } } });
    const track = stream.getVideoTracks()[0] ?? null;
    if (track !== null) track.contentHint = "detail";
    return track;
  } catch {
    return null;
  }
}
