/** The API's client: JSON in and out, refusals as errors, tokens renewed before they expire. */

import type { Tokens, TokenStore } from "./tokens.ts";

/** Why the API refused; `message` is its sentence for people. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

interface SignedIn {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly user: User;
}

export interface SendOptions {
  /** The request outlives the page; nothing waits for it. */
  readonly keepalive?: boolean;
}

const RENEWED_BEFORE_MS = 60_000;
const UNREACHABLE = "The server cannot be reached. Check the connection and try again.";

export class Api {
  readonly #tokens: TokenStore;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;

  constructor(tokens: TokenStore, fetcher: typeof fetch = fetch.bind(globalThis), now = Date.now) {
    this.#tokens = tokens;
    this.#fetch = fetcher;
    this.#now = now;
  }

  get isSignedIn(): boolean {
    return this.#tokens.read() !== null;
  }

  async signIn(email: string, password: string, { lasting }: { lasting: boolean }): Promise<User> {
    return this.#enter("/api/v1/auth/login", { email, password }, lasting);
  }

  async register(
    name: string,
    email: string,
    password: string,
    { lasting }: { lasting: boolean },
  ): Promise<User> {
    const named = name.trim() === "" ? {} : { name: name.trim() };
    return this.#enter("/api/v1/auth/register", { email, password, ...named }, lasting);
  }

  /** Sign out here and on the server; out is out, whatever the server says. */
  async signOut(): Promise<void> {
    try {
      await this.post("/api/v1/auth/logout");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      this.#tokens.clear();
    }
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>("GET", path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.send<T>("POST", path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.send<T>("DELETE", path);
  }

  /** Send a request as whoever is signed in, or as nobody; refused ones throw a `Refusal`. */
  async send<T>(method: string, path: string, body?: unknown, options: SendOptions = {}): Promise<T> {
    const answer = await this.#ask(method, path, body, options, await this.#credential(options));
    if (answer.status !== 401 || options.keepalive || !this.isSignedIn) return read<T>(answer);
    // The clock of this machine may be wrong, or the token was revoked: one more try with a new one.
    const renewed = await this.#renew(this.#tokens.read()?.accessToken);
    return read<T>(renewed === null ? answer : await this.#ask(method, path, body, options, renewed));
  }

  async #enter(path: string, body: object, lasting: boolean): Promise<User> {
    const entered = await read<SignedIn>(await this.#ask("POST", path, body, {}, null));
    this.#tokens.signIn(this.#kept(entered), { lasting });
    return entered.user;
  }

  async #ask(
    method: string,
    path: string,
    body: unknown,
    options: SendOptions,
    credential: string | null,
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (credential !== null) headers["Authorization"] = `Bearer ${credential}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, keepalive: options.keepalive ?? false };
    if (body !== undefined) init.body = JSON.stringify(body);
    try {
      return await this.#fetch(path, init);
    } catch {
      throw new Refusal(0, "unreachable", UNREACHABLE);
    }
  }

  /** Return an access token that still holds, or null for nobody. */
  async #credential({ keepalive }: SendOptions): Promise<string | null> {
    const tokens = this.#tokens.read();
    if (tokens === null) return null;
    const left = tokens.expiresAt - this.#now();
    if (keepalive) return left > 0 ? tokens.accessToken : null; // a page that is left cannot wait
    return left > RENEWED_BEFORE_MS ? tokens.accessToken : this.#renew(tokens.accessToken);
  }

  /** Replace an access token, unless another tab has done so: a refresh token that is used twice is revoked. */
  async #renew(worn: string | undefined): Promise<string | null> {
    return alone(async () => {
      const tokens = this.#tokens.read();
      if (tokens === null) return null;
      if (tokens.accessToken !== worn) return tokens.accessToken;
      const sent = { refresh_token: tokens.refreshToken };
      const answer = await this.#ask("POST", "/api/v1/auth/refresh", sent, {}, null);
      if (answer.status === 401) {
        this.#tokens.clear();
        return null;
      }
      const kept = this.#kept(await read<SignedIn>(answer));
      this.#tokens.renew(kept);
      return kept.accessToken;
    });
  }

  #kept(entered: SignedIn): Tokens {
    return {
      accessToken: entered.access_token,
      refreshToken: entered.refresh_token,
      expiresAt: this.#now() + entered.expires_in * 1000,
    };
  }
}

/** Do something while no other tab does it, where the browser offers that (only in a secure context). */
function alone<T>(work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  return locks === undefined ? work() : locks.request("kinetoscope.tokens", work);
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  let value: unknown = undefined;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch {
    throw new Refusal(answer.status, "not_json", "The server answered with something else than JSON.");
  }
  if (answer.ok) return value as T;
  const problem = (value ?? {}) as { code?: string; detail?: string };
  const detail = problem.detail ?? `The server refused this (status ${answer.status}).`;
  throw new Refusal(answer.status, problem.code ?? "refused", detail);
}
