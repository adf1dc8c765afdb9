-- Likes, shares, comments. How many a video has stands in video_counters, changed in the same transaction.

CREATE TABLE likes (
    video_id   uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    user_id    uuid NOT NULL REFERENCES accounts,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (video_id, user_id)
);
CREATE INDEX likes_time ON likes (video_id, created_at);
CREATE INDEX likes_user ON likes (user_id, created_at);

CREATE TABLE shares (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    video_id   uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    -- Null where nobody was signed in, and after the account was erased.
    user_id    uuid REFERENCES accounts,
    platform   text,
    created_at timestamptz NOT NULL
);
CREATE INDEX shares_time ON shares (video_id, created_at);
CREATE INDEX shares_user ON shares (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE comments (
    id         uuid PRIMARY KEY,
    video_id   uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    -- The comment that begins the thread; null for that one itself. Never a reply: threads have one level.
    parent_id  uuid REFERENCES comments,
    -- All three are null where a comment was removed that others had replied to.
    user_id    uuid REFERENCES accounts,
    author     text,
    text       text,
    -- To which second of the video it belongs.
    at_seconds double precision CHECK (at_seconds >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((user_id IS NULL) = (text IS NULL) AND (author IS NULL) = (text IS NULL))
);
CREATE INDEX comments_newest ON comments (video_id, created_at DESC, id DESC) WHERE parent_id IS NULL;
CREATE INDEX comments_timeline ON comments (video_id, at_seconds, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comments_replies ON comments (parent_id, created_at, id);
CREATE INDEX comments_video ON comments (video_id);
CREATE INDEX comments_user ON comments (user_id, video_id);
