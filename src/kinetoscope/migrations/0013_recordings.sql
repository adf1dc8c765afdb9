-- Recordings of live sessions: which there are, and the files of packets that the media server writes for them.

-- The recording that goes on in a session: of two that start one, one does.
ALTER TABLE video_sessions ADD COLUMN recording_id uuid;

CREATE TABLE session_recordings (
    id            uuid PRIMARY KEY,
    -- What was recorded outlives its session.
    session_id    uuid REFERENCES video_sessions ON DELETE SET NULL,
    host_id       uuid NOT NULL REFERENCES accounts,
    title         text NOT NULL,
    -- Where the host reached this installation: links to the poster begin with it.
    base_url      text NOT NULL,
    -- The media server, and which start of it: one that was started anew records no more.
    media_url     text NOT NULL,
    instance      text NOT NULL,
    -- recording; processing: it has ended and becomes a video; ready; failed.
    status        text NOT NULL DEFAULT 'recording'
                  CHECK (status IN ('recording', 'processing', 'ready', 'failed')),
    status_detail text,
    -- No reference: a video that its owner has deleted is not made again.
    video_id      uuid,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    CHECK ((status = 'recording') = (ended_at IS NULL))
);
CREATE INDEX session_recordings_session ON session_recordings (session_id, started_at, id);
CREATE INDEX session_recordings_host ON session_recordings (host_id);
CREATE INDEX session_recordings_open ON session_recordings (media_url) WHERE status = 'recording';
CREATE INDEX session_recordings_video ON session_recordings (video_id) WHERE status = 'processing';

-- One recorded track. The row is there before the media server is asked, so no file is without one.
CREATE TABLE session_recording_tracks (
    recording_id uuid NOT NULL REFERENCES session_recordings ON DELETE CASCADE,
    track_id     uuid NOT NULL,
    type         text NOT NULL CHECK (type IN ('audio', 'video', 'screen')),
    -- The connection that published it, as the media server names it.
    realtime_id  text NOT NULL,
    -- Set once the media server has begun to write.
    is_running   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (recording_id, track_id)
);
