/** Server-Sent Events with a credential, which EventSource cannot send: the same, by fetch. */

import type { SessionEvent } from "./types.ts";

const RETRY_MS = 1000;

export interface Source {
  readonly url: string;
  readonly token: string;
  /** The event after which to begin. */
  readonly after: number;
  readonly signal: AbortSignal;
}

/** Yield events for as long as there may be more; what was missed meanwhile is replayed. */
export async function* follow(source: Source): AsyncGenerator<SessionEvent> {
  let after = source.after;
  while (!source.signal.aborted) {
    try {
      const headers = { Authorization: `Bearer ${source.token}`, "Last-Event-ID": String(after) };
      const answer = await fetch(source.url, { headers, signal: source.signal });
      if (answer.status === 204 || (answer.status >= 400 && answer.status < 500)) return;
      if (answer.ok && answer.body !== null) {
        for await (const block of blocks(answer.body)) {
          const event = parse(block);
          if (event === null) continue;
          after = event.id;
          yield event;
        }
      }
    } catch {
      if (source.signal.aborted) return;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function* blocks(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** Return what a block of the stream says, or null for a sign of life. */
export function parse(block: string): (SessionEvent & { readonly id: number }) | null {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) fields.set(name, value);
  }
  const [id, type, data] = [fields.get("id"), fields.get("event"), fields.get("data")];
  if (id === undefined || type === undefined || data === undefined) return null;
  return { id: Number(id), type, data: JSON.parse(data) as Record<string, unknown> };
}
