import assert from "node:assert/strict";
import { test } from "node:test";
import { renewalIn, resigned } from "../src/watch/addresses.ts";
import { ago, clock, counted, spoken } from "../src/watch/format.ts";
import type { Annotation, Playback } from "../src/watch/model.ts";
import { momentAt, neighbour, placeOf, startOf } from "../src/watch/moments.ts";
import { newId, Sitting } from "../src/watch/sitting.ts";

const SPANS = (...spans: [number, number][]) => ({
  length: spans.length,
  start: (index: number) => spans[index]![0],
  end: (index: number) => spans[index]![1],
});

function at(timestamp: number, end_timestamp: number | null = null): Annotation {
  const said = { title: "", description: "", annotation_type: "info", url: null } as const;
  return { id: String(timestamp), timestamp, end_timestamp, ...said };
}

test("a sitting counts what was played, and no jumps or pauses", () => {
  const sitting = new Sitting("s");
  for (const second of [0, 0.5, 1, 1.5]) sitting.advance(second);
  sitting.advance(60); // a jump
  sitting.advance(61);
  sitting.interrupt();
  sitting.advance(62);
  sitting.advance(61); // back
  assert.equal(sitting.take()?.watch_duration, 3); // 2.5 s
});

test("a part that is watched twice counts twice as time, and once as a part of the video", () => {
  const sitting = new Sitting("s");
  for (const second of [0, 1, 2, 0, 1, 2]) sitting.advance(second);
  sitting.cover(SPANS([0, 2]), 8);
  assert.deepEqual(sitting.take(), { watch_duration: 4, completion_percentage: 25, session_id: "s" });
});

test("the first report is of the start, and later ones only of news", () => {
  const sitting = new Sitting("s");
  assert.deepEqual(sitting.take(), { watch_duration: 0, completion_percentage: 0, session_id: "s" });
  assert.equal(sitting.take(), null);
  for (let second = 0; second <= 9; second++) sitting.advance(second);
  assert.equal(sitting.isDue, false);
  sitting.advance(10);
  assert.equal(sitting.isDue, true);
  assert.equal(sitting.take()?.watch_duration, 10);
  assert.equal(sitting.isDue, false);
});

test("a video that was played to its last frames was watched whole", () => {
  const sitting = new Sitting("s");
  sitting.cover(SPANS([0, 3], [3.02, 5.97]), 6);
  assert.equal(sitting.take()?.completion_percentage, 100);
  sitting.cover(SPANS([0, 1]), Number.NaN);
  assert.equal(sitting.take(), null);
});

test("an id is a UUID of version 4, also where the page is not secure", () => {
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newId(), newId());
});

test("of annotations that hold at a moment, the one that began last is shown", () => {
  const annotations = [at(1, 30), at(5), at(20, 21)];
  assert.equal(momentAt(annotations, 0.9), null);
  assert.equal(momentAt(annotations, 1)?.id, "1");
  assert.equal(momentAt(annotations, 10.9)?.id, "5");
  assert.equal(momentAt(annotations, 11)?.id, "1");
  assert.equal(momentAt(annotations, 20.5)?.id, "20");
  assert.equal(momentAt(annotations, 30), null);
});

test("next and previous go from one annotation to the other", () => {
  const annotations = [at(1), at(5), at(20)];
  assert.equal(neighbour(annotations, 1, "next")?.id, "5");
  assert.equal(neighbour(annotations, 20, "next"), null);
  assert.equal(neighbour(annotations, 5.5, "previous")?.id, "1");
  assert.equal(neighbour(annotations, 1.5, "previous"), null);
});

test("a second has its place on the timeline, and never beyond it", () => {
  assert.equal(placeOf(5, 20), 25);
  assert.equal(placeOf(30, 20), 100);
  assert.equal(placeOf(5, 0), 0);
});

test("an address may say where to begin", () => {
  assert.deepEqual(
    ["#t=42", "#t=1:02.5", "#t=1:00:01", "", "#t=", "#t=-1", "#t=1e9", "#x"].map(startOf),
    [42, 62.5, 3601, 0, 0, 0, 0, 0],
  );
});

test("times are read and spoken", () => {
  assert.deepEqual([0, 7.9, 65, 3725].map(clock), ["0:00", "0:07", "1:05", "1:02:05"]);
  assert.deepEqual([0, 61, 3600].map(spoken), ["0 seconds", "1 minute 1 second", "1 hour"]);
  assert.deepEqual([counted(1, "view"), counted(1234, "view")], ["1 view", "1.2K views"]);
  const now = Date.parse("2027-03-17T12:00:00Z");
  assert.deepEqual(
    ["2027-03-17T11:59:30Z", "2027-03-17T09:00:00Z", "2027-03-16T09:00:00Z"].map((instant) => ago(instant, now)),
    ["just now", "3 hours ago", "yesterday"],
  );
});

test("addresses are renewed a minute before they expire, and a short life is no busy loop", () => {
  const now = Date.parse("2027-03-17T12:00:00Z");
  const until = (expires_at: string): number => renewalIn({ expires_at } as Playback, now);
  assert.equal(until("2027-03-17T18:00:00Z"), 6 * 3_600_000 - 60_000);
  assert.equal(until("2027-03-17T12:01:00Z"), 30_000);
  assert.equal(until("2027-03-17T11:00:00Z"), 5_000);
});

test("a fresh signature takes the place of the old one, whatever the file", () => {
  const old = "http://x/media/17.AA/v/p/hls/3.m4s";
  assert.equal(resigned(old, "http://x/media/99.BB/v/p/main.mp4"), "http://x/media/99.BB/v/p/hls/3.m4s");
  assert.equal(resigned(old, "https://elsewhere/x.m3u8"), old);
});
