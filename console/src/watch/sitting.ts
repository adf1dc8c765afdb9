/** One sitting: how much of a video was watched, and when to say so. Pure: the player tells it the time. */

export interface Report {
  readonly watch_duration: number;
  readonly completion_percentage: number;
  readonly session_id: string;
}

/** Spans of time that were played, as `HTMLMediaElement.played` gives them. */
export interface Spans {
  readonly length: number;
  start(index: number): number;
  end(index: number): number;
}

/** A step of the video's time that is longer than this was a jump. */
const LONGEST_STEP_SECONDS = 2;
export const REPORTED_EVERY_SECONDS = 10;

export class Sitting {
  readonly id: string;
  #watched = 0;
  #position: number | null = null;
  #completion = 0;
  #told: Report | null = null;

  constructor(id: string) {
    this.id = id;
  }

  /** Note where the video is while it plays. */
  advance(position: number): void {
    const step = position - (this.#position ?? position);
    if (step > 0 && step <= LONGEST_STEP_SECONDS) this.#watched += step;
    this.#position = position;
  }

  /** Note that what follows is no continuation: the video was paused, or somebody jumped in it. */
  interrupt(): void {
    this.#position = null;
  }

  /** Note which parts of the video were played so far. */
  cover(played: Spans, duration: number): void {
    if (!(duration > 0) || !Number.isFinite(duration)) return;
    let seconds = 0;
    for (let index = 0; index < played.length; index++) seconds += played.end(index) - played.start(index);
    const percent = Math.min(100, (seconds / duration) * 100);
    // Players end some frames early: what was played to within a percent was played.
    this.#completion = Math.max(this.#completion, percent > 99 ? 100 : Math.round(percent * 10) / 10);
  }

  /** Whether enough was watched since the last report for another one. */
  get isDue(): boolean {
    return this.#watched - (this.#told?.watch_duration ?? 0) >= REPORTED_EVERY_SECONDS;
  }

  /** Return what to report now, or null when nothing is new since the last time. */
  take(): Report | null {
    const report = {
      watch_duration: Math.round(this.#watched),
      completion_percentage: this.#completion,
      session_id: this.id,
    };
    const told = this.#told;
    const isNews =
      told === null ||
      told.watch_duration < report.watch_duration ||
      told.completion_percentage < report.completion_percentage;
    if (!isNews) return null;
    this.#told = report;
    return report;
  }
}

/** Return a random UUID; `crypto.randomUUID` exists on secure pages only. */
export function newId(random: Pick<Crypto, "getRandomValues"> = crypto): string {
  const bytes = random.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
