/** The one API client of a page, and who is signed in. */

import type { User } from "./api.ts";
import { Api } from "./api.ts";
import { TokenStore } from "./tokens.ts";

export const api = new Api(new TokenStore(sessionStorage, localStorage));

/** Return who is signed in, or null if nobody is, or no longer. */
export async function currentUser(): Promise<User | null> {
  if (!api.isSignedIn) return null;
  try {
    return await api.get<User>("/api/v1/auth/me");
  } catch (error) {
    if (!api.isSignedIn) return null;
    throw error;
  }
}
