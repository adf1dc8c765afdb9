/** Signed addresses expire: they are replaced by fresh ones in time. Pure. */

import type { Playback } from "./model.ts";

const RENEWED_BEFORE_MS = 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const SIGNED = /\/media\/[^/]+\//;

/** Return in how many milliseconds addresses should be renewed. */
export function renewalIn(playback: Playback, now: number): number {
  const left = Date.parse(playback.expires_at) - now;
  // Near the end of a short life, half of what is left; never a busy loop.
  return Math.min(LONGEST_TIMER_MS, Math.max(5_000, left - RENEWED_BEFORE_MS, Math.min(left / 2, RENEWED_BEFORE_MS)));
}

/** Return an address with the signature of a fresh one: the files are the same. */
export function resigned(url: string, fresh: string): string {
  const signature = SIGNED.exec(fresh);
  return signature === null ? url : url.replace(SIGNED, signature[0]);
}
