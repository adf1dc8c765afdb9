-- Albums of photos and videos, and the photos themselves; their bytes are in the storage.

-- What each account has of what is limited: changed in the statement that lets it grow.
CREATE TABLE album_usage (
    account_id  uuid PRIMARY KEY REFERENCES accounts,
    albums      integer NOT NULL DEFAULT 0 CHECK (albums >= 0),
    photo_bytes bigint NOT NULL DEFAULT 0 CHECK (photo_bytes >= 0)
);

CREATE TABLE albums (
    id          uuid PRIMARY KEY,
    owner_id    uuid NOT NULL REFERENCES accounts,
    title       text NOT NULL,
    description text NOT NULL,
    visibility  text NOT NULL CHECK (visibility IN ('public', 'private')),
    cover_url   text,
    -- Counts the changes, those of the items included: what If-Match compares.
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX albums_newest ON albums (owner_id, created_at DESC, id DESC);

CREATE TABLE photos (
    id         uuid PRIMARY KEY,
    owner_id   uuid NOT NULL REFERENCES accounts,
    -- pending: its bytes are on their way to the storage; what stays so is removed.
    state      text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'ready')),
    format     text NOT NULL,
    width      integer NOT NULL,
    height     integer NOT NULL,
    size_bytes bigint NOT NULL,
    -- Each size with its name, sides and bytes, as JSON.
    sizes      jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX photos_newest ON photos (owner_id, created_at DESC, id DESC);
CREATE INDEX photos_pending ON photos (created_at) WHERE state = 'pending';

CREATE TABLE album_items (
    id         uuid PRIMARY KEY,
    album_id   uuid NOT NULL REFERENCES albums ON DELETE CASCADE,
    video_id   uuid REFERENCES videos ON DELETE CASCADE,
    photo_id   uuid REFERENCES photos ON DELETE CASCADE,
    caption    text,
    -- Orders the items; there may be holes.
    position   integer NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(video_id, photo_id) = 1),
    UNIQUE (album_id, video_id),
    UNIQUE (album_id, photo_id)
);
CREATE INDEX album_items_order ON album_items (album_id, position, id);
CREATE INDEX album_items_video ON album_items (video_id);
CREATE INDEX album_items_photo ON album_items (photo_id);
