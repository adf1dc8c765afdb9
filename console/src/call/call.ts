/** A call: who is in it, what each sends, and what this browser sends. It knows no elements. */

import { Refusal } from "../shared/api.ts";
import type { SessionClient } from "./client.ts";
import { Connection } from "./connection.ts";
import { follow } from "./events.ts";
import type { Participant, SessionEvent, Track, TrackType } from "./types.ts";

const REJOIN_MS = 1500;
const RECEIVE_AGAIN_MS = 2000;
const RECEIVE_TRIES = 5;
/** Refusals after which nothing can be tried again. */
const FINAL = new Set([
  "not_joined",
  "removed",
  "session_ended",
  "session_not_found",
  "participant_not_found",
  "connection_replaced",
]);

export interface Person {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly isHost: boolean;
  readonly isSelf: boolean;
  readonly tracks: Map<string, Track>;
}

/** What a view is told. */
export interface View {
  changed(): void;
  said(text: string): void;
  arrived(trackId: string, media: MediaStreamTrack): void;
  ended(why: string): void;
}

interface Local {
  media: MediaStreamTrack;
  trackId: string | null;
}

export class Call {
  readonly client: SessionClient;
  readonly people = new Map<string, Person>();
  readonly local = new Map<TrackType, Local>();
  readonly #view: View;
  readonly #leaving = new AbortController();
  #connection: Connection;
  #muted = false;
  #ended = false;
  #isRecovering = false;

  constructor(client: SessionClient, view: View) {
    this.client = client;
    this.#view = view;
    this.#connection = this.#connect();
  }

  get isMuted(): boolean {
    return this.#muted;
  }

  /** Take part: learn who is there, and follow what happens. */
  async begin(): Promise<void> {
    const { participants, last_event_id: after } = await this.client.members();
    for (const person of participants) if (person.status === "joined") this.#add(person);
    this.#view.changed();
    void this.#follow(after);
  }

  /** Receive what the others send already. */
  async receiveAll(): Promise<void> {
    await this.#receive(this.#others());
  }

  /** Send a camera, a microphone or a screen. */
  async send(type: TrackType, media: MediaStreamTrack): Promise<void> {
    const local: Local = { media, trackId: null };
    this.local.set(type, local);
    this.#view.changed();
    if (this.#isRecovering) return; // it goes with the rest
    try {
      local.trackId = await this.#connection.publish(media, type, NAMES[type]);
    } catch (error) {
      if (this.#isRecovering) return;
      this.local.delete(type);
      media.stop();
      this.#view.changed();
      throw error;
    }
  }

  /** Stop sending it. */
  async stop(type: TrackType): Promise<void> {
    const local = this.local.get(type);
    this.local.delete(type);
    local?.media.stop();
    this.#view.changed();
    if (local?.trackId) await this.#connection.unpublish(local.trackId);
  }

  /** Mute the microphone, or not; the others are told. */
  async mute(muted: boolean): Promise<void> {
    this.#muted = muted;
    const local = this.local.get("audio");
    if (local !== undefined) local.media.enabled = !muted;
    this.#view.changed();
    if (local?.trackId) await this.client.mute(local.trackId, muted);
  }

  async leave(): Promise<void> {
    this.#close();
    await this.client.leave().catch(() => undefined);
  }

  #close(): void {
    this.#ended = true;
    this.#leaving.abort();
    this.#connection.close();
    for (const { media } of this.local.values()) media.stop();
    this.local.clear();
  }

  #connect(): Connection {
    return new Connection(
      this.client,
      ({ trackId, media }) => this.#view.arrived(trackId, media),
      () => void this.#recover(),
    );
  }

  /** Connect anew until that succeeds: once at a time, however often a connection is lost meanwhile. */
  async #recover(): Promise<void> {
    if (this.#isRecovering || this.#ended) return;
    this.#isRecovering = true;
    this.#view.said("The connection was lost. Connecting again.");
    while (!this.#ended && !(await this.#reconnected())) await pause(REJOIN_MS);
    this.#isRecovering = false;
  }

  /** Begin a new connection with all that was sent and received on the old one; false if it is of no use. */
  async #reconnected(): Promise<boolean> {
    try {
      await this.client.renewIceServers();
      this.#connection.close();
      this.#connection = this.#connect();
      for (const local of this.local.values()) local.trackId = null;
      await this.#sendMissing();
      if (this.#muted) await this.mute(true);
      await this.#receive(this.#others());
      await this.#sendMissing(); // what was switched on meanwhile
    } catch (error) {
      if (error instanceof Refusal && (FINAL.has(error.code) || error.status === 401)) {
        this.#finish(error.code === "not_joined" ? "You were gone for too long. Join again." : error.message);
      }
      return false;
    }
    if (!this.#connection.isClosed) this.#view.said("Connected again.");
    return !this.#connection.isClosed;
  }

  async #sendMissing(): Promise<void> {
    for (const [type, local] of this.local) {
      if (local.trackId !== null) continue;
      local.trackId = await this.#connection.publish(local.media, type, NAMES[type]);
      if (this.local.get(type) !== local) await this.#connection.unpublish(local.trackId);
    }
  }

  /** Receive tracks; those of which nothing comes yet, as their sender is still connecting, are tried again. */
  async #receive(trackIds: readonly string[], tries = RECEIVE_TRIES): Promise<void> {
    if (trackIds.length === 0) return;
    const connection = this.#connection;
    const missing = await connection.subscribe(trackIds);
    if (missing.length === 0 || tries === 0) return;
    setTimeout(() => {
      if (connection.isClosed) return;
      const wanted = this.#others().filter((trackId) => missing.includes(trackId));
      this.#receive(wanted, tries - 1).catch(() => undefined);
    }, RECEIVE_AGAIN_MS);
  }

  #others(): string[] {
    return [...this.people.values()].filter((person) => !person.isSelf).flatMap((person) => [...person.tracks.keys()]);
  }

  async #follow(after: number): Promise<void> {
    const source = {
      url: `${this.client.path}/events`,
      token: this.client.token.token,
      after,
      signal: this.#leaving.signal,
    };
    for await (const event of follow(source)) this.#happened(event);
  }

  #happened(event: SessionEvent): void {
    const data = event.data as Record<string, string>;
    const person = this.people.get(data["participant_id"] ?? "");
    switch (event.type) {
      case "participant.joined":
        if (person === undefined) this.#add(personOf(data));
        if (data["participant_id"] !== this.client.token.participant_id) this.#view.said(`${data["display_name"]} joined.`);
        break;
      case "participant.left":
        this.#left(person, data["reason"] ?? "left");
        break;
      case "track.published":
        this.#published(person, event.data as unknown as Track);
        break;
      case "track.unpublished":
        person?.tracks.delete(data["track_id"] ?? "");
        break;
      case "track.muted":
        person?.tracks.set(data["track_id"] ?? "", event.data as unknown as Track);
        break;
      case "session.ended":
        this.#finish("The host has ended this session.");
        break;
      default:
        if (event.type.startsWith("recording.")) this.#view.said(RECORDING[event.type] ?? "");
    }
    this.#view.changed();
  }

  #left(person: Person | undefined, reason: string): void {
    if (person === undefined) return;
    if (person.isSelf) {
      this.#finish(reason === "removed" ? "The host has removed you." : "You have left this session.");
      return;
    }
    this.people.delete(person.id);
    this.#view.said(`${person.name} left.`);
  }

  #published(person: Person | undefined, track: Track): void {
    if (person === undefined || person.tracks.has(track.track_id)) return;
    person.tracks.set(track.track_id, track);
    if (person.isSelf) return;
    if (track.type === "screen") this.#view.said(`${person.name} shares a screen.`);
    this.#receive([track.track_id]).catch(() => {
      if (!this.#isRecovering) this.#view.said(`${person.name} cannot be received.`);
    });
  }

  #finish(why: string): void {
    if (this.#ended) return;
    this.#close();
    this.#view.ended(why);
  }

  #add(person: Participant): void {
    this.people.set(person.id, {
      id: person.id,
      userId: person.user_id,
      name: person.display_name,
      isHost: person.role === "host",
      isSelf: person.id === this.client.token.participant_id,
      tracks: new Map(person.tracks.map((track) => [track.track_id, track])),
    });
  }
}

const NAMES: Record<TrackType, string> = { audio: "microphone", video: "camera", screen: "screen" };

const RECORDING: Record<string, string> = {
  "recording.started": "This session is being recorded.",
  "recording.stopped": "The recording has ended.",
  "recording.ready": "The recording is in the host's library.",
  "recording.failed": "The recording could not be kept.",
};

function personOf(data: Record<string, string>): Participant {
  return {
    id: data["participant_id"] ?? "",
    user_id: data["user_id"] ?? "",
    display_name: data["display_name"] ?? "",
    role: data["role"] === "host" ? "host" : "participant",
    status: "joined",
    tracks: [],
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
