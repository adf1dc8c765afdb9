-- Recommendations: votes and what is counted from them, trained models, lists that are kept for an hour, what
-- was shown and clicked, and what that teaches.

-- Which views and likes are new is asked every few seconds; a BRIN index costs those who write next to nothing.
CREATE INDEX sittings_seen ON sittings USING brin (seen_at) WITH (pages_per_range = 16);
CREATE INDEX likes_created ON likes USING brin (created_at) WITH (pages_per_range = 16);

-- One for each viewer and video: watched to at least half, or liked. An anonymous voter is the same for a day.
CREATE TABLE recommendation_votes (
    -- In the order of commits: they are written under a lock.
    number   bigint GENERATED ALWAYS AS IDENTITY,
    voter    uuid NOT NULL,
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    voted_at timestamptz NOT NULL,
    PRIMARY KEY (voter, video_id)
);
CREATE UNIQUE INDEX recommendation_votes_number ON recommendation_votes (number);
CREATE INDEX recommendation_votes_video ON recommendation_votes (video_id);

CREATE TABLE recommendation_videos (
    video_id   uuid PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
    viewers    integer NOT NULL,
    -- A sum of weights that grow with time: in the order of decayed sums, without anything being counted anew.
    popularity double precision NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX recommendation_videos_popular ON recommendation_videos (popularity DESC, video_id);

-- Pairs that have got a viewer in common since the present model was trained.
CREATE TABLE recommendation_recent_pairs (
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    other_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    viewers  integer NOT NULL,
    PRIMARY KEY (video_id, other_id)
) WITH (fillfactor = 80);
CREATE INDEX recommendation_recent_pairs_other ON recommendation_recent_pairs (other_id);

-- One row, made by the first who needs it: up to when votes were taken, and sums over all of them.
CREATE TABLE recommendation_state (
    sole       boolean PRIMARY KEY DEFAULT true CHECK (sole),
    read_until timestamptz NOT NULL DEFAULT '1970-01-01Z',
    voters     bigint NOT NULL DEFAULT 0,
    votes      bigint NOT NULL DEFAULT 0,
    popularity double precision NOT NULL DEFAULT 0,
    -- How steeply the probability that somebody looks at a rank falls.
    eta        double precision NOT NULL DEFAULT 1
);

CREATE TABLE recommendation_models (
    version    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    is_current boolean NOT NULL,
    method     text NOT NULL,
    trained_at timestamptz NOT NULL,
    -- The last vote that it knows.
    up_to      bigint NOT NULL,
    votes      bigint NOT NULL,
    videos     integer NOT NULL
);
CREATE UNIQUE INDEX recommendation_models_current ON recommendation_models (is_current) WHERE is_current;

CREATE TABLE recommendation_neighbours (
    version  integer NOT NULL REFERENCES recommendation_models ON DELETE CASCADE,
    kind     text NOT NULL CHECK (kind IN ('co_watch', 'history')),
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    others   uuid[] NOT NULL,
    weights  real[] NOT NULL,
    PRIMARY KEY (version, kind, video_id)
);
CREATE INDEX recommendation_neighbours_video ON recommendation_neighbours (video_id);

-- Lists as they are computed, before anything that depends on who asks.
CREATE TABLE recommendation_lists (
    video_id       uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    strategy       text NOT NULL CHECK (strategy IN ('content', 'collaborative', 'hybrid')),
    policy         integer NOT NULL,
    made_at        timestamptz NOT NULL,
    is_stale       boolean NOT NULL DEFAULT false,
    renewing_until timestamptz NOT NULL DEFAULT '-infinity',
    fallback       text,
    listed         uuid[] NOT NULL,
    -- Of each item, what every signal contributes.
    contributions  jsonb NOT NULL,
    PRIMARY KEY (video_id, strategy, policy)
);
CREATE INDEX recommendation_lists_listed ON recommendation_lists USING gin (listed);
CREATE INDEX recommendation_lists_age ON recommendation_lists (made_at);

-- Whole slates as they were shown. `source` is a keyed hash of who was shown it.
CREATE TABLE recommendation_slates (
    id           uuid PRIMARY KEY,
    video_id     uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    strategy     text NOT NULL,
    policy       integer NOT NULL,
    source       uuid NOT NULL,
    shown_at     timestamptz NOT NULL,
    items        uuid[] NOT NULL,
    propensities real[] NOT NULL,
    swapped_at   smallint NOT NULL,
    learns       boolean NOT NULL
);
CREATE INDEX recommendation_slates_video ON recommendation_slates (video_id, shown_at);
CREATE INDEX recommendation_slates_source ON recommendation_slates (source, video_id, shown_at);
CREATE INDEX recommendation_slates_age ON recommendation_slates (shown_at);

CREATE TABLE recommendation_clicks (
    id             uuid PRIMARY KEY,
    video_id       uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    recommended_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    -- As it was reported; that of the slate, where there is one, is in the slate.
    rank           smallint NOT NULL,
    slate_id       uuid REFERENCES recommendation_slates ON DELETE CASCADE,
    source         uuid,
    clicked_at     timestamptz NOT NULL
);
-- One click for each impression.
CREATE UNIQUE INDEX recommendation_clicks_slate ON recommendation_clicks (slate_id, recommended_id);
CREATE INDEX recommendation_clicks_video ON recommendation_clicks (video_id);
CREATE INDEX recommendation_clicks_recommended ON recommendation_clicks (recommended_id);
CREATE INDEX recommendation_clicks_source ON recommendation_clicks (source) WHERE source IS NOT NULL;

CREATE TABLE recommendation_hours (
    video_id    uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    hour        timestamptz NOT NULL,
    strategy    text NOT NULL,
    rank        smallint NOT NULL,
    impressions bigint NOT NULL,
    clicks      bigint NOT NULL,
    PRIMARY KEY (video_id, hour, strategy, rank)
) WITH (fillfactor = 80);

-- Whose slates a list has learnt from, and when: of one source, one in 30 days.
CREATE TABLE recommendation_learnt (
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    source   uuid NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (video_id, source)
);
CREATE INDEX recommendation_learnt_source ON recommendation_learnt (source);

-- Both sums as they counted at `as_of`.
CREATE TABLE recommendation_evidence (
    video_id       uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    recommended_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    clicks         double precision NOT NULL,
    examinations   double precision NOT NULL,
    as_of          timestamptz NOT NULL,
    PRIMARY KEY (video_id, recommended_id)
) WITH (fillfactor = 80);
CREATE INDEX recommendation_evidence_recommended ON recommendation_evidence (recommended_id);

-- Of a rank and the next: how often shown and clicked, as they were meant and exchanged.
CREATE TABLE recommendation_exchanges (
    rank            smallint PRIMARY KEY,
    shown           bigint NOT NULL DEFAULT 0,
    upper           bigint NOT NULL DEFAULT 0,
    lower           bigint NOT NULL DEFAULT 0,
    shown_exchanged bigint NOT NULL DEFAULT 0,
    upper_exchanged bigint NOT NULL DEFAULT 0,
    lower_exchanged bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- Each version of how lists are put together. The first needs no row: it is in the program.
CREATE TABLE recommendation_policies (
    version   integer PRIMARY KEY,
    state     text NOT NULL CHECK (state IN ('current', 'control', 'former', 'refused')),
    made_at   timestamptz NOT NULL,
    weights   jsonb NOT NULL,
    -- What is different from which version, in words and numbers, and the estimate that spoke for it.
    based_on  integer NOT NULL,
    change    jsonb NOT NULL,
    lists     bigint NOT NULL,
    gain      double precision NOT NULL,
    gain_low  double precision NOT NULL,
    gain_high double precision NOT NULL
);
CREATE UNIQUE INDEX recommendation_policies_current ON recommendation_policies (state) WHERE state = 'current';
CREATE UNIQUE INDEX recommendation_policies_control ON recommendation_policies (state) WHERE state = 'control';

-- What is left of evidence from one instant at a later one.
CREATE FUNCTION recommendation_left(since timestamptz, now timestamptz, half_life double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT power(2, -GREATEST(0, extract(epoch FROM now - since))::double precision / half_life)
$$;
