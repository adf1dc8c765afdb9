/** What the player plays: signed addresses, renewed before they expire, as HLS or as one file. */

import type { Api } from "../shared/api.ts";
import { Refusal } from "../shared/api.ts";
import { renewalIn, resigned } from "./addresses.ts";
import type { Playback } from "./model.ts";

const RETRIED_AFTER_MS = 10_000;

export class Source {
  readonly #video: HTMLVideoElement;
  readonly #api: Api;
  readonly #path: string;
  readonly #broken: (why: string) => void;
  #playback: Playback | null = null;
  #retriedAt = Number.NEGATIVE_INFINITY;

  /** `broken` is told, in a sentence, when nothing plays any more. */
  constructor(video: HTMLVideoElement, api: Api, videoId: string, broken: (why: string) => void) {
    this.#video = video;
    this.#api = api;
    this.#path = `/api/v1/videos/${videoId}/playback`;
    this.#broken = broken;
  }

  /** Begin to load, at some second, and return the addresses that it is loaded from. */
  async start(second: number): Promise<Playback> {
    const playback = await this.#renew();
    if (playback.hls_url !== null && (await this.#startHls(playback.hls_url, second))) return playback;
    this.#load(playback.hls_url !== null && this.#playsHls() ? playback.hls_url : playback.mp4_url, second, false);
    this.#video.addEventListener("error", () => void this.#retry());
    return playback;
  }

  /** Return fresh addresses, and see to it that they are replaced in time. */
  async #renew(): Promise<Playback> {
    const playback = await this.#api.get<Playback>(this.#path);
    this.#playback = playback;
    setTimeout(() => void this.#renewQuietly(), renewalIn(playback, Date.now()));
    return playback;
  }

  async #renewQuietly(): Promise<void> {
    try {
      const playback = await this.#renew();
      if (this.#video.src.startsWith("http") && !this.#isLoaded()) this.#change(playback);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setTimeout(() => void this.#renewQuietly(), RETRIED_AFTER_MS); // what is loaded plays on meanwhile
    }
  }

  /** Go on from a fresh address of the same file. */
  #change(playback: Playback): void {
    const { currentTime, paused } = this.#video;
    const fresh = resigned(this.#video.src, playback.mp4_url);
    if (fresh !== this.#video.src) this.#load(fresh, currentTime, !paused);
  }

  #load(url: string, second: number, plays: boolean): void {
    const rate = this.#video.playbackRate;
    this.#video.src = url;
    const begin = (): void => {
      if (second > 0) this.#video.currentTime = second;
      this.#video.playbackRate = rate;
      if (plays) void this.#video.play();
    };
    this.#video.addEventListener("loadedmetadata", begin, { once: true });
  }

  async #retry(): Promise<void> {
    const now = Date.now();
    const why = "This video cannot be played at the moment.";
    if (now - this.#retriedAt < RETRIED_AFTER_MS) return this.#broken(why);
    this.#retriedAt = now;
    try {
      const playback = await this.#api.get<Playback>(this.#path);
      const { currentTime } = this.#video;
      this.#load(resigned(this.#video.src, playback.mp4_url), currentTime, true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#broken(error.message);
    }
  }

  /** Play through hls.js; return false where the browser cannot. */
  async #startHls(url: string, second: number): Promise<boolean> {
    const { default: Hls } = await import("hls.js/light");
    if (!Hls.isSupported()) return false;
    const hls = new Hls({
      enableWorker: false,
      startPosition: second > 0 ? second : -1,
      xhrSetup: (request, wanted) => request.open("GET", resigned(wanted, this.#playback?.hls_url ?? wanted), true),
    });
    hls.on(Hls.Events.ERROR, (_, problem) => {
      if (!problem.fatal) return;
      const now = Date.now();
      const again = now - this.#retriedAt > RETRIED_AFTER_MS;
      this.#retriedAt = now;
      if (again && problem.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else if (again && problem.type === Hls.ErrorTypes.NETWORK_ERROR) hls.startLoad();
      else this.#broken("This video cannot be played at the moment.");
    });
    hls.loadSource(url);
    hls.attachMedia(this.#video);
    return true;
  }

  #playsHls(): boolean {
    return this.#video.canPlayType("application/vnd.apple.mpegurl") !== "";
  }

  /** Whether all that is left to play is here already. */
  #isLoaded(): boolean {
    const { buffered, currentTime, duration } = this.#video;
    for (let index = 0; index < buffered.length; index++) {
      if (buffered.start(index) <= currentTime && buffered.end(index) >= duration - 0.1) return true;
    }
    return false;
  }
}
