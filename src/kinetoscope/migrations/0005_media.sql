-- Files of videos: uploads under way, and what of each video is ready to play. The bytes are in the storage.

CREATE TABLE uploads (
    id         uuid PRIMARY KEY,
    video_id   uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    owner_id   uuid NOT NULL,
    -- The address of an upload is its credential: only its hash is kept.
    token_hash bytea NOT NULL UNIQUE,
    -- Null until the client has said how long the file is.
    size       bigint CHECK (size > 0),
    received   bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    pieces     integer NOT NULL DEFAULT 0,
    -- Counts how often the file was begun anew: pieces of an earlier attempt never mix with later ones.
    attempt    integer NOT NULL DEFAULT 1,
    -- open: bytes are missing; complete: waits for processing; processed: its bytes are no longer needed.
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'complete', 'processed')),
    filename   text,
    -- Upload-Metadata as the client sent it: the tus protocol gives it back.
    metadata   text,
    -- Where the uploader reached this installation: links to the poster begin with it.
    base_url   text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (received <= size)
);
CREATE INDEX uploads_video ON uploads (video_id);
CREATE INDEX uploads_open ON uploads (owner_id) WHERE state = 'open';
CREATE INDEX uploads_expiry ON uploads (expires_at) WHERE state <> 'complete';

CREATE TABLE upload_pieces (
    upload_id uuid NOT NULL REFERENCES uploads ON DELETE CASCADE,
    start     bigint NOT NULL,
    length    bigint NOT NULL CHECK (length > 0),
    key       text NOT NULL,
    PRIMARY KEY (upload_id, start)
);

CREATE TABLE media_files (
    video_id         uuid PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
    -- All files of one run of the processing lie under this id, so that runs never mix.
    processing_id    uuid NOT NULL,
    main             text NOT NULL,
    content_type     text NOT NULL,
    size_bytes       bigint NOT NULL,
    total_bytes      bigint NOT NULL,
    duration_seconds double precision NOT NULL,
    poster           text NOT NULL,
    storyboard       text NOT NULL,
    hls              text,
    -- The address of the poster, as it was written into the video: what tells ours from the owner's own.
    thumbnail_url    text NOT NULL,
    created_at       timestamptz NOT NULL
);
