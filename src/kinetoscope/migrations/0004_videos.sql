-- Videos: metadata, ownership, visibility. Counters are rows of their own: they change all the time, and
-- changing a row that carries a text index is dear.

CREATE TABLE videos (
    id            uuid PRIMARY KEY,
    owner_id      uuid NOT NULL REFERENCES accounts,
    project_id    uuid NOT NULL REFERENCES projects,
    author        text NOT NULL,
    title         text NOT NULL,
    description   text NOT NULL DEFAULT '',
    video_type    text NOT NULL CHECK (video_type IN ('tutorial', 'webinar', 'demo', 'other')),
    video_url     text,
    thumbnail_url text,
    duration      integer CHECK (duration >= 0),
    tags          text[] NOT NULL DEFAULT '{}',
    tech_stack    text[] NOT NULL DEFAULT '{}',
    project_url   text,
    visibility    text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private')),
    status        text NOT NULL CHECK (status IN ('registered', 'uploading', 'processing', 'ready', 'failed')),
    status_detail text,
    -- What the player needs to know of the file, as JSON; null until there is one that plays.
    playback      jsonb,
    -- Counts the changes: what If-Match compares.
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    -- The answer to GET without its counters, ready to be sent. Written with every change of the row.
    document      text NOT NULL,
    -- What filters compare: tags and technologies in lower case.
    tag_keys      text[] NOT NULL DEFAULT '{}',
    tech_keys     text[] NOT NULL DEFAULT '{}',
    words         tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', description), 'B')
    ) STORED
);
CREATE INDEX videos_listed ON videos (created_at DESC, id DESC) WHERE visibility = 'public';
CREATE INDEX videos_hidden ON videos (owner_id, created_at DESC, id DESC) WHERE visibility <> 'public';
CREATE INDEX videos_owner ON videos (owner_id, created_at DESC, id DESC);
CREATE INDEX videos_project ON videos (project_id, created_at DESC, id DESC);
CREATE INDEX videos_tags ON videos USING gin (tag_keys);
CREATE INDEX videos_tech ON videos USING gin (tech_keys);
CREATE INDEX videos_words ON videos USING gin (words);
CREATE INDEX videos_title ON videos (lower(title), id);
CREATE INDEX videos_duration ON videos (duration, id);
CREATE INDEX videos_type ON videos (video_type, created_at DESC, id DESC);

CREATE TABLE video_counters (
    video_id uuid PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
    views    bigint NOT NULL DEFAULT 0,
    likes    bigint NOT NULL DEFAULT 0,
    shares   bigint NOT NULL DEFAULT 0,
    comments bigint NOT NULL DEFAULT 0
);
CREATE INDEX video_counters_views ON video_counters (views, video_id);

-- How many videos are public, in 16 parts so that creating videos does not queue on one row. Without it
-- the total of the plain list would be counted anew for each request.
CREATE TABLE video_tallies (
    part   smallint PRIMARY KEY,
    listed bigint NOT NULL DEFAULT 0
);
INSERT INTO video_tallies (part) SELECT generate_series(0, 15);

CREATE FUNCTION tally_videos() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    id uuid := COALESCE(NEW.id, OLD.id);
    difference integer := 0;
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.visibility = 'public' THEN difference := difference + 1; END IF;
    IF TG_OP <> 'INSERT' AND OLD.visibility = 'public' THEN difference := difference - 1; END IF;
    IF difference <> 0 THEN
        UPDATE video_tallies SET listed = listed + difference
         WHERE part = get_byte(uuid_send(id), 15) & 15;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER videos_tally AFTER INSERT OR DELETE OR UPDATE OF visibility ON videos
    FOR EACH ROW EXECUTE FUNCTION tally_videos();
