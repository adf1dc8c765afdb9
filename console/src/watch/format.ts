/** Figures as people read them. */

/** Return seconds as a clock shows them: 0:07, 12:05, 1:02:05. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${padded}` : `${minutes}:${padded}`;
}

/** Return seconds as a screen reader speaks them: "1 hour 2 minutes 5 seconds". */
export function spoken(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    counted(Math.floor(whole / 3600), "hour"),
    counted(Math.floor(whole / 60) % 60, "minute"),
    counted(whole % 60, "second"),
  ].filter((part) => !part.startsWith("0 "));
  return parts.length > 0 ? parts.join(" ") : "0 seconds";
}

/** Return a number with its noun: "1 view", "1.2K views". */
export function counted(count: number, noun: string): string {
  return `${compact(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Return a number in few letters: 999, 1.2K, 3.4M. */
export function compact(count: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(count);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Return how long ago an instant was: "just now", "3 hours ago". */
export function ago(instant: string, now: number): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  const step = STEPS.find(([, length]) => seconds >= length);
  if (step === undefined) return "just now";
  const [unit, length] = step;
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-Math.floor(seconds / length), unit);
}
