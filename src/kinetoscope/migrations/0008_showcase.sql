-- Showcases: the annotations of demo videos, and who followed them.

CREATE TABLE annotations (
    id          uuid PRIMARY KEY,
    video_id    uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    -- Seconds into the video, exactly as they were given: 42.50 stays 42.50.
    starts_at   numeric NOT NULL CHECK (starts_at >= 0),
    ends_at     numeric CHECK (ends_at > starts_at),
    title       text NOT NULL,
    description text NOT NULL DEFAULT '',
    kind        text NOT NULL CHECK (kind IN ('info', 'feature', 'bug-fix', 'demo')),
    url         text,
    created_by  uuid NOT NULL,
    -- Counts the changes: what If-Match compares.
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX annotations_video ON annotations (video_id, starts_at, id);

-- One row for each sitting in which an annotation was followed: a second click in it is no second one.
CREATE TABLE annotation_clicks (
    annotation_id uuid NOT NULL REFERENCES annotations ON DELETE CASCADE,
    session_id    uuid NOT NULL,
    clicked_at    timestamptz NOT NULL,
    PRIMARY KEY (annotation_id, session_id)
);

-- The showcase, newest first, and its length from the index alone.
CREATE INDEX videos_demos ON videos (created_at DESC, id DESC)
    WHERE video_type = 'demo' AND visibility = 'public';
