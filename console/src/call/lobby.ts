/** Before a call: how one looks, and what one brings. */

import { element, icon } from "../shared/dom.ts";
import { CAMERA, CAMERA_OFF, MIC, MIC_OFF } from "./icons.ts";
import type { Session } from "./types.ts";

export interface Choice {
  readonly name: string;
  readonly camera: MediaStreamTrack | null;
  readonly microphone: MediaStreamTrack | null;
}

const OPENING_MS = 5000;
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
export const PICTURE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** Return a camera or microphone, or null where there is none, or it may not be used. */
export async function capture(kind: "audio" | "video"): Promise<MediaStreamTrack | null> {
  try {
    const wish = kind === "audio" ? { audio: SOUND } : { video: PICTURE };
    return (await navigator.mediaDevices.getUserMedia(wish)).getTracks()[0] ?? null;
  } catch {
    return null;
  }
}

export class Lobby {
  readonly root: HTMLElement;
  readonly #name: HTMLInputElement;
  readonly #problem = element("p", { class: "problem", role: "alert" });
  readonly #video = element("video", { autoplay: true, playsinline: true, muted: true, "aria-label": "Your camera" });
  readonly #camera: HTMLButtonElement;
  readonly #microphone: HTMLButtonElement;
  readonly #join = element("button", { type: "submit", class: "primary" }, "Join");
  readonly #tracks = new Map<"audio" | "video", MediaStreamTrack>();
  readonly #opening: Promise<unknown>;
  #chosen: (choice: Choice) => void = () => undefined;

  constructor(session: Session, userName: string) {
    this.#video.muted = true;
    this.#name = element("input", { name: "name", required: true, maxlength: 255, value: userName, autocomplete: "name" });
    this.#camera = this.#toggle("video");
    this.#microphone = this.#toggle("audio");
    const submit = (event: Event): void => {
      event.preventDefault();
      void this.#take();
    };
    const count = session.participant_count;
    const there = count === 0 ? "Nobody is here yet." : count === 1 ? "One person is here." : `${count} people are here.`;
    this.root = element(
      "section",
      { class: "lobby" },
      element(
        "div",
        { class: "tile own preview dark" },
        element("span", { class: "face", "aria-hidden": "true" }, "🎥"),
        this.#video,
        element("div", { class: "preview-bar" }, this.#microphone, this.#camera),
      ),
      element(
        "form",
        { class: "card", on: { submit } },
        element("h1", {}, session.session_name),
        element("p", { class: "muted" }, there),
        element("label", { class: "field" }, "Your name", this.#name),
        this.#problem,
        this.#join,
      ),
    );
    this.#opening = Promise.all([this.#open("video"), this.#open("audio")]);
    this.#label();
  }

  /** Wait until somebody wants to join. */
  chosen(): Promise<Choice> {
    this.#join.disabled = false;
    return new Promise((resolve) => {
      this.#chosen = resolve;
    });
  }

  say(text: string): void {
    this.#problem.textContent = text;
  }

  async #take(): Promise<void> {
    this.#join.disabled = true;
    this.say("");
    // Who joins at once takes the camera along that is just being opened; a question of the browser may stay open.
    await Promise.race([this.#opening, new Promise((later) => setTimeout(later, OPENING_MS))]);
    this.#chosen({
      name: this.#name.value.trim(),
      camera: this.#tracks.get("video") ?? null,
      microphone: this.#tracks.get("audio") ?? null,
    });
  }

  #toggle(kind: "audio" | "video"): HTMLButtonElement {
    const click = (): void => {
      const track = this.#tracks.get(kind);
      if (track === undefined) void this.#open(kind);
      else {
        track.stop();
        this.#tracks.delete(kind);
        this.#label();
      }
    };
    return element("button", { type: "button", class: "round", on: { click } });
  }

  async #open(kind: "audio" | "video"): Promise<void> {
    const track = await capture(kind);
    if (track !== null) this.#tracks.set(kind, track);
    this.#label();
  }

  #label(): void {
    const camera = this.#tracks.get("video");
    face(this.#camera, camera !== undefined, "Camera", CAMERA, CAMERA_OFF);
    face(this.#microphone, this.#tracks.has("audio"), "Microphone", MIC, MIC_OFF);
    const shown = (this.#video.srcObject as MediaStream | null)?.getTracks()[0];
    if (shown !== camera) this.#video.srcObject = camera === undefined ? null : new MediaStream([camera]);
    this.#video.closest(".tile")?.classList.toggle("dark", camera === undefined);
  }
}

/** Let a button that switches something say whether it is on. */
export function face(button: HTMLButtonElement, isOn: boolean, name: string, on: string, off: string): void {
  button.replaceChildren(icon(isOn ? on : off), element("span", { class: "hidden" }, name));
  button.setAttribute("aria-pressed", String(isOn));
  button.title = `${name}: ${isOn ? "on" : "off"}`;
}
