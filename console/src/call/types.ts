/** What the API says of a session. */

export type TrackType = "audio" | "video" | "screen";

export interface Track {
  readonly track_id: string;
  readonly track_name: string;
  readonly type: TrackType;
  readonly muted: boolean;
}

export interface Participant {
  readonly id: string;
  readonly user_id: string;
  readonly display_name: string;
  readonly role: "host" | "participant";
  readonly status: "joined" | "left";
  readonly tracks: readonly Track[];
}

export interface Session {
  readonly id: string;
  readonly session_name: string;
  readonly host_id: string;
  readonly max_participants: number;
  readonly participant_count: number;
  readonly status: "active" | "ended";
}

export interface Token {
  readonly token: string;
  readonly participant_id: string;
  readonly ice_servers: readonly RTCIceServer[];
}

/** Something that has happened in a session. */
export interface SessionEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
