-- Live sessions: rooms, who is in them, what they publish and receive, and what has been told of them.
-- Whatever changes a room locks its row in video_sessions first: so all that happens in it has one order.

-- Which media servers there are: each API process enters its own, and renews it.
CREATE TABLE media_servers (
    url     text PRIMARY KEY,
    seen_at timestamptz NOT NULL
);

CREATE TABLE video_sessions (
    id                uuid PRIMARY KEY,
    host_id           uuid NOT NULL REFERENCES accounts,
    session_name      text NOT NULL,
    max_participants  integer NOT NULL CHECK (max_participants BETWEEN 2 AND 100),
    participant_count integer NOT NULL DEFAULT 0 CHECK (participant_count BETWEEN 0 AND max_participants),
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'ended')),
    -- Counts the changes: what If-Match compares.
    version           integer NOT NULL DEFAULT 1,
    -- The media server that the room is on: its members must meet.
    media_url         text NOT NULL,
    -- The number of the newest event.
    last_event        bigint NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    ended_at          timestamptz,
    -- Set when it was deleted: it is gone for everybody, but its last event has still to be read.
    deleted_at        timestamptz,
    CHECK ((status = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX video_sessions_host ON video_sessions (host_id, created_at DESC, id DESC);
CREATE INDEX video_sessions_ended ON video_sessions (ended_at) WHERE status = 'ended';

CREATE TABLE session_participants (
    id           uuid PRIMARY KEY,
    session_id   uuid NOT NULL REFERENCES video_sessions ON DELETE CASCADE,
    user_id      uuid NOT NULL REFERENCES accounts,
    display_name text NOT NULL,
    role         text NOT NULL CHECK (role IN ('host', 'participant')),
    status       text NOT NULL CHECK (status IN ('joined', 'left')),
    -- Counts the joins: each begins a new connection, the one of an earlier join is taken down.
    joins        integer NOT NULL DEFAULT 1,
    joined_at    timestamptz NOT NULL,
    left_at      timestamptz,
    -- Set when the host removed it: it may not come back.
    removed_at   timestamptz,
    -- When it was last known to be there.
    seen_at      timestamptz NOT NULL,
    UNIQUE (session_id, user_id)
);
CREATE INDEX session_participants_user ON session_participants (user_id, session_id);
CREATE INDEX session_participants_present ON session_participants (seen_at) WHERE status = 'joined';

-- One WebRTC connection of a participant, as the media server knows it.
CREATE TABLE session_connections (
    id             uuid PRIMARY KEY,
    session_id     uuid NOT NULL REFERENCES video_sessions ON DELETE CASCADE,
    participant_id uuid NOT NULL UNIQUE REFERENCES session_participants ON DELETE CASCADE,
    media_url      text NOT NULL,
    realtime_id    text NOT NULL,
    joins          integer NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('call', 'whip', 'whep')),
    -- Of the client's certificate: an offer with another one comes from another connection.
    fingerprint    text,
    -- The ICE user fragment of the client: WHIP's entity tag, new with each ICE restart.
    ice_ufrag      text,
    -- Since when the client owes the answer to an offer of ours.
    offered_at     timestamptz,
    created_at     timestamptz NOT NULL
);
CREATE INDEX session_connections_session ON session_connections (session_id);

CREATE TABLE session_tracks (
    id             uuid PRIMARY KEY,
    session_id     uuid NOT NULL REFERENCES video_sessions ON DELETE CASCADE,
    participant_id uuid NOT NULL REFERENCES session_participants ON DELETE CASCADE,
    -- Null once it is inactive.
    connection_id  uuid REFERENCES session_connections ON DELETE SET NULL,
    track_name     text NOT NULL,
    type           text NOT NULL CHECK (type IN ('audio', 'video', 'screen')),
    mid            text NOT NULL,
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    muted          boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL
);
CREATE INDEX session_tracks_session ON session_tracks (session_id, created_at, id);
CREATE INDEX session_tracks_participant ON session_tracks (participant_id);
CREATE INDEX session_tracks_connection ON session_tracks (connection_id);

CREATE TABLE session_subscriptions (
    connection_id uuid NOT NULL REFERENCES session_connections ON DELETE CASCADE,
    track_id      uuid NOT NULL REFERENCES session_tracks ON DELETE CASCADE,
    mid           text NOT NULL,
    preferred_rid text,
    PRIMARY KEY (connection_id, track_id)
);
CREATE INDEX session_subscriptions_track ON session_subscriptions (track_id);

-- What has happened in a room, in order: written in the transaction that makes it happen.
CREATE TABLE session_events (
    session_id uuid NOT NULL REFERENCES video_sessions ON DELETE CASCADE,
    number     bigint NOT NULL,
    type       text NOT NULL,
    data       jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, number)
);
