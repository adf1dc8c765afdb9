/** The tiles of a call: one for each picture, and one for each person without any. */

import { element, icon } from "../shared/dom.ts";
import type { Call, Person } from "./call.ts";
import { MIC_OFF } from "./icons.ts";

interface Wanted {
  readonly key: string;
  readonly person: Person;
  readonly media: MediaStreamTrack | null;
  readonly isScreen: boolean;
  readonly isMuted: boolean;
}

interface Tile {
  readonly root: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly label: HTMLElement;
}

const HUES = 360;

export class Tiles {
  readonly root = element("ul", { class: "tiles", "aria-label": "Participants" });
  readonly #sounds = element("div", { hidden: true });
  readonly #media = new Map<string, MediaStreamTrack>();
  readonly #tiles = new Map<string, Tile>();
  readonly #audio = new Map<string, HTMLAudioElement>();

  constructor() {
    document.body.append(this.#sounds);
  }

  /** Keep what has arrived; the next `show` uses it. */
  arrived(trackId: string, media: MediaStreamTrack): void {
    this.#media.set(trackId, media);
  }

  /** Show a call as it is. */
  show(call: Call): void {
    const wanted = [...call.people.values()].flatMap((person) => this.#wanted(call, person));
    const keys = new Set(wanted.map((tile) => tile.key));
    for (const [key, tile] of this.#tiles) {
      if (keys.has(key)) continue;
      tile.root.remove();
      this.#tiles.delete(key);
    }
    for (const tile of wanted) this.#render(tile);
    this.root.dataset["count"] = String(Math.min(wanted.length, 10));
    this.root.classList.toggle("presenting", wanted.some((tile) => tile.isScreen));
    this.#listen(call);
  }

  clear(): void {
    this.#sounds.remove();
    this.root.replaceChildren();
  }

  #wanted(call: Call, person: Person): Wanted[] {
    const isMuted = person.isSelf ? call.isMuted || !call.local.has("audio") : isSilent(person);
    const base = { person, isMuted };
    if (person.isSelf) {
      const camera = call.local.get("video")?.media ?? null;
      const screen = call.local.get("screen")?.media;
      const own = { ...base, key: person.id, media: camera, isScreen: false };
      return screen === undefined ? [own] : [own, { ...base, key: `${person.id}/screen`, media: screen, isScreen: true }];
    }
    const tracks = [...person.tracks.values()];
    const camera = tracks.find((track) => track.type === "video");
    const shown: Wanted = {
      ...base,
      key: person.id,
      media: (camera && this.#media.get(camera.track_id)) ?? null,
      isScreen: false,
    };
    const screens = tracks.filter((track) => track.type === "screen");
    return [
      shown,
      ...screens.map((track) => ({
        ...base,
        key: track.track_id,
        media: this.#media.get(track.track_id) ?? null,
        isScreen: true,
      })),
    ];
  }

  #render(wanted: Wanted): void {
    const tile = this.#tiles.get(wanted.key) ?? this.#make(wanted);
    const { person } = wanted;
    const name = person.isSelf ? `${person.name} (you)` : person.name;
    tile.label.replaceChildren(wanted.isScreen ? `${name}: screen` : name);
    if (wanted.isMuted && !wanted.isScreen) {
      tile.label.prepend(icon(MIC_OFF));
      tile.label.append(element("span", { class: "hidden" }, ", microphone off"));
    }
    tile.root.classList.toggle("dark", wanted.media === null);
    const current = (tile.video.srcObject as MediaStream | null)?.getTracks()[0] ?? null;
    if (current !== wanted.media) {
      tile.video.srcObject = wanted.media === null ? null : new MediaStream([wanted.media]);
    }
  }

  #make(wanted: Wanted): Tile {
    const { person } = wanted;
    const video = element("video", { autoplay: true, playsinline: true, muted: true, "aria-hidden": "true" });
    video.muted = true; // the sound is played for itself
    const label = element("p", { class: "tile-name" });
    const face = element("span", { class: "face", "aria-hidden": "true" }, initials(person.name));
    const root = element("li", { class: "tile" }, face, video, label);
    root.classList.toggle("own", person.isSelf && !wanted.isScreen);
    root.classList.toggle("screen", wanted.isScreen);
    root.style.setProperty("--hue", String(hue(person.id)));
    this.root.append(root);
    const tile = { root, video, label };
    this.#tiles.set(wanted.key, tile);
    return tile;
  }

  /** Play the sound of the others. */
  #listen(call: Call): void {
    const wanted = new Map<string, MediaStreamTrack>();
    for (const person of call.people.values()) {
      for (const track of person.isSelf ? [] : person.tracks.values()) {
        const media = track.type === "audio" ? this.#media.get(track.track_id) : undefined;
        if (media !== undefined) wanted.set(track.track_id, media);
      }
    }
    for (const [id, sound] of this.#audio) {
      if (wanted.has(id)) continue;
      sound.remove();
      this.#audio.delete(id);
    }
    for (const [id, media] of wanted) {
      if (this.#audio.has(id)) continue;
      const sound = element("audio", { autoplay: true });
      sound.srcObject = new MediaStream([media]);
      this.#sounds.append(sound);
      this.#audio.set(id, sound);
    }
  }
}

function isSilent(person: Person): boolean {
  const sounds = [...person.tracks.values()].filter((track) => track.type === "audio");
  return sounds.every((track) => track.muted);
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
}

function hue(id: string): number {
  return [...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % HUES, 7);
}
