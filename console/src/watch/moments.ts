/** Which annotation belongs to a moment of the video. Pure. */

import type { Annotation } from "./model.ts";

/** How long the card of an annotation without an end stays. */
export const SHOWN_SECONDS = 6;

/** Return until when an annotation is shown. */
export function endOf(annotation: Annotation): number {
  return annotation.end_timestamp ?? annotation.timestamp + SHOWN_SECONDS;
}

/** Return the annotation to show at a second, or null: of several, the one that began last. */
export function momentAt(annotations: readonly Annotation[], second: number): Annotation | null {
  let found: Annotation | null = null;
  for (const annotation of annotations) {
    if (annotation.timestamp > second) break; // they are in order
    if (second < endOf(annotation)) found = annotation;
  }
  return found;
}

/** Return the annotation after a second, or before it; null at the ends. */
export function neighbour(
  annotations: readonly Annotation[],
  second: number,
  direction: "next" | "previous",
): Annotation | null {
  if (direction === "next") return annotations.find(({ timestamp }) => timestamp > second + 0.01) ?? null;
  // A moment after its beginning, "previous" still means the one before.
  return annotations.findLast(({ timestamp }) => timestamp < second - 1) ?? null;
}

/** Return where on the timeline a second is, in percent. */
export function placeOf(second: number, duration: number): number {
  return duration > 0 ? Math.min(100, Math.max(0, (second / duration) * 100)) : 0;
}

/** Return the second that an address asks to begin at: `#t=42` or `#t=1:02`; 0 without one. */
export function startOf(hash: string): number {
  const found = /^#t=(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,7}(?:\.\d{1,6})?)$/.exec(hash);
  if (found === null) return 0;
  return Number(found[1] ?? 0) * 3600 + Number(found[2] ?? 0) * 60 + Number(found[3]);
}
