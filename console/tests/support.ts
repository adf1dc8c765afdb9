/** What stands in for the browser and the server. */

/** A Storage of the browser, in memory. */
export class Drawer {
  readonly #items = new Map<string, string>();

  get size(): number {
    return this.#items.size;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly credential: string | null;
  readonly body: unknown;
}

type Answer = [status: number, body?: unknown];

/** Return a `fetch` that answers as a function says, and the list of what it was asked. */
export function serverThat(answer: (asked: Asked) => Answer): { fetch: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetcher = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const request = {
      method: init.method ?? "GET",
      path,
      credential: headers.get("Authorization"),
      body: init.body === undefined ? undefined : JSON.parse(init.body as string),
    };
    asked.push(request);
    const [status, body] = answer(request);
    return new Response(body === undefined ? null : JSON.stringify(body), { status });
  };
  return { fetch: fetcher as typeof fetch, asked };
}
