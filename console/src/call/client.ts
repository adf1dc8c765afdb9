/** What a participant asks of the API, with the token of its session. */

import { Refusal } from "../shared/api.ts";
import type { Participant, Session, Token, TrackType } from "./types.ts";

interface Members {
  readonly participants: readonly Participant[];
  readonly last_event_id: number;
}

interface Published {
  readonly sdp: string;
  readonly track_id: string;
}

export interface Subscribed {
  readonly sdp: string | null;
  readonly requires_renegotiation: boolean;
  readonly subscriptions: readonly { track_id: string; mid: string | null; status: string }[];
}

export class SessionClient {
  readonly token: Token;
  readonly path: string;
  iceServers: readonly RTCIceServer[];
  readonly #own: string;

  constructor(sessionId: string, token: Token) {
    this.token = token;
    this.iceServers = token.ice_servers;
    this.path = `/api/v1/video-sessions/sessions/${sessionId}`;
    this.#own = `${this.path}/participants/${token.participant_id}`;
  }

  session(): Promise<Session> {
    return this.#send("GET", this.path);
  }

  members(): Promise<Members> {
    return this.#send("GET", `${this.path}/participants`);
  }

  /** Ask again how to reach the media: credentials for TURN hold for some minutes only. */
  async renewIceServers(): Promise<void> {
    const path = "/api/v1/video-sessions/ice-servers";
    this.iceServers = (await this.#send<{ ice_servers: readonly RTCIceServer[] }>("GET", path)).ice_servers;
  }

  publish(sdp: string, type: TrackType, name: string): Promise<Published> {
    return this.#send("POST", `${this.#own}/tracks`, { sdp, type, track_name: name });
  }

  unpublish(trackId: string): Promise<void> {
    return this.#send("DELETE", `${this.#own}/tracks/${trackId}`);
  }

  mute(trackId: string, muted: boolean): Promise<void> {
    return this.#send("PATCH", `${this.#own}/tracks/${trackId}`, { muted });
  }

  subscribe(trackIds: readonly string[]): Promise<Subscribed> {
    return this.#send("POST", `${this.#own}/subscriptions`, { track_ids: trackIds });
  }

  answer(sdp: string): Promise<void> {
    return this.#send("PUT", `${this.#own}/renegotiate`, { sdp, type: "answer" });
  }

  prefer(trackId: string, rid: string): Promise<void> {
    return this.#send("PATCH", `${this.#own}/subscriptions/${trackId}`, { preferred_rid: rid });
  }

  /** Leave; also from a page that is being closed. */
  leave(): Promise<void> {
    return this.#send("DELETE", this.#own, undefined, true);
  }

  remove(participantId: string): Promise<void> {
    return this.#send("DELETE", `${this.path}/participants/${participantId}`);
  }

  async #send<T>(method: string, path: string, body?: unknown, keepalive = false): Promise<T> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.token.token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const init: RequestInit = { method, headers, keepalive };
    if (body !== undefined) init.body = JSON.stringify(body);
    const answer = await fetch(path, init).catch(() => {
      throw new Refusal(0, "unreachable", "The server cannot be reached.");
    });
    const text = await answer.text();
    const value = (text === "" ? undefined : JSON.parse(text)) as unknown;
    if (answer.ok) return value as T;
    const problem = (value ?? {}) as { code?: string; detail?: string };
    throw new Refusal(answer.status, problem.code ?? "refused", problem.detail ?? "The server refused this.");
  }
}
