/** Who is signed in, as the browser keeps it. */

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "kinetoscope.tokens";

/** Keeps tokens until the tab is closed, or on this device where the person asked for that. */
export class TokenStore {
  readonly #untilClosed: Keeper;
  readonly #lasting: Keeper;

  constructor(untilClosed: Keeper, lasting: Keeper) {
    this.#untilClosed = untilClosed;
    this.#lasting = lasting;
  }

  /** Return the tokens, or null if nobody is signed in. They are read anew: another tab may have changed them. */
  read(): Tokens | null {
    return parsed(this.#untilClosed.getItem(KEY)) ?? parsed(this.#lasting.getItem(KEY));
  }

  /** Keep new tokens; `lasting` beyond this tab. */
  signIn(tokens: Tokens, { lasting }: { lasting: boolean }): void {
    this.clear();
    (lasting ? this.#lasting : this.#untilClosed).setItem(KEY, JSON.stringify(tokens));
  }

  /** Keep the tokens that follow those that are kept, in the same place. */
  renew(tokens: Tokens): void {
    const lasting = this.#untilClosed.getItem(KEY) === null;
    (lasting ? this.#lasting : this.#untilClosed).setItem(KEY, JSON.stringify(tokens));
  }

  clear(): void {
    this.#untilClosed.removeItem(KEY);
    this.#lasting.removeItem(KEY);
  }
}

function parsed(text: string | null): Tokens | null {
  try {
    const value = JSON.parse(text ?? "null") as Partial<Tokens> | null;
    const whole =
      typeof value?.accessToken === "string" &&
      typeof value.refreshToken === "string" &&
      typeof value.expiresAt === "number";
    return whole ? (value as Tokens) : null;
  } catch {
    return null;
  }
}
