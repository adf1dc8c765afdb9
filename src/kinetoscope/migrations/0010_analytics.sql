-- Views: sittings (raw), the outbox of what is not folded yet, and the rollups that reports read.

-- One sitting of one viewer on one video. `shelf` is the month in which its id was made (UUID version 7), or
-- the year 1 for other ids: a function of the id, so that the primary key can be unique over all partitions.
-- No foreign keys: a check for each view costs more than the view; a reaction removes what is left.
CREATE TABLE sittings (
    video_id        uuid NOT NULL,
    session_id      uuid NOT NULL,
    shelf           date NOT NULL,
    occurred_at     timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    -- Null where the visitor asked not to be tracked. Of an account: another one on each video.
    viewer_id       uuid,
    user_id         uuid,
    watched_seconds integer NOT NULL,
    -- Hundredths of a percent.
    completion      smallint NOT NULL CHECK (completion BETWEEN 0 AND 10000),
    device          text NOT NULL,
    browser         text NOT NULL,
    os              text NOT NULL,
    country         text NOT NULL,
    city            text NOT NULL,
    -- Why it does not count; null if it does.
    reason          text CHECK (reason IN ('bot', 'owner', 'rate')),
    -- The group commit that brought it.
    batch_id        bigint NOT NULL,
    PRIMARY KEY (video_id, session_id, shelf)
) PARTITION BY RANGE (shelf);
CREATE TABLE sittings_default PARTITION OF sittings DEFAULT;
CREATE INDEX sittings_batch ON sittings (batch_id);
CREATE INDEX sittings_time ON sittings (video_id, occurred_at, session_id);
CREATE INDEX sittings_user ON sittings (user_id) WHERE user_id IS NOT NULL;

-- The outbox: a batch is here exactly as long as it is not in the rollups.
CREATE TABLE view_batches (batch_id bigint PRIMARY KEY);
-- Processes take ids in blocks of 1,024. An id is never given twice: a sitting is counted with its batch.
CREATE SEQUENCE view_batch_blocks;

-- Reports that came with a session id: on a sitting that may be there already. Gone once folded.
CREATE TABLE view_reports (LIKE sittings, position integer NOT NULL);
CREATE INDEX view_reports_batch ON view_reports (batch_id);

-- How much each source has added to a video today. The key is keyed with the salt of the day.
CREATE UNLOGGED TABLE view_quotas (
    source uuid PRIMARY KEY,
    day    date NOT NULL,
    used   integer NOT NULL
);

-- Sealed. Unlogged, so that no salt is ever in the write-ahead log or a base backup; emptied by TRUNCATE, so
-- that none stays in a dead row.
CREATE UNLOGGED TABLE viewer_salts (
    day  date PRIMARY KEY,
    salt bytea NOT NULL
);

-- What the viewer ids of an account are made with; when it goes, nobody can tell whose they were.
CREATE TABLE viewer_keys (
    user_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    key     bytea NOT NULL
);

CREATE TABLE analytics_settings (
    video_id          uuid PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
    count_owner_views boolean NOT NULL
);

-- Raw sittings before this month have been dropped; their rollups stay as they are.
CREATE TABLE analytics_horizon (kept_from date NOT NULL);
INSERT INTO analytics_horizon VALUES ('0001-01-01');

CREATE TABLE video_stat_months (
    video_id        uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    month           date NOT NULL,
    views           bigint NOT NULL,
    new_viewers     bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum  bigint NOT NULL,
    rejected_bot    bigint NOT NULL,
    rejected_owner  bigint NOT NULL,
    rejected_rate   bigint NOT NULL,
    PRIMARY KEY (video_id, month)
) WITH (fillfactor = 80);

CREATE TABLE video_stat_days (
    video_id        uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    day             date NOT NULL,
    views           bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum  bigint NOT NULL,
    PRIMARY KEY (video_id, day)
) WITH (fillfactor = 80);

CREATE TABLE video_stat_hours (
    video_id        uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    hour            timestamptz NOT NULL,
    views           bigint NOT NULL,
    viewers         bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum  bigint NOT NULL,
    PRIMARY KEY (video_id, hour)
) WITH (fillfactor = 80);

-- How far views got, in whole percent.
CREATE TABLE video_stat_completions (
    video_id       uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    month          date NOT NULL,
    device         text NOT NULL,
    percent        smallint NOT NULL,
    views          bigint NOT NULL,
    completion_sum bigint NOT NULL,
    PRIMARY KEY (video_id, month, device, percent)
) WITH (fillfactor = 80);

-- device, browser, os, country, city; `part_of` is the country of a city.
CREATE TABLE video_stat_values (
    video_id  uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    dimension text NOT NULL,
    month     date NOT NULL,
    value     text NOT NULL,
    part_of   text NOT NULL,
    views     bigint NOT NULL,
    PRIMARY KEY (video_id, dimension, month, value, part_of)
) WITH (fillfactor = 80);

-- Who was there in which hour: what makes counts of distinct viewers exact.
CREATE TABLE video_viewer_hours (
    video_id  uuid NOT NULL,
    viewer_id uuid NOT NULL,
    hour      timestamptz NOT NULL,
    PRIMARY KEY (video_id, viewer_id, hour)
);

-- Viewers of a day by their previous day on that video. The viewers of any days [a, b] are the sum over the
-- days in it with prev_day < a: each is counted at the first of his days inside.
CREATE TABLE video_reach (
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    day      date NOT NULL,
    prev_day date NOT NULL,
    viewers  bigint NOT NULL,
    PRIMARY KEY (video_id, day, prev_day)
) WITH (fillfactor = 80);

-- Cities by their distinct viewers, up to three: fewer are not shown. Who they are is kept until then.
CREATE TABLE video_places (
    video_id uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    country  text NOT NULL,
    city     text NOT NULL,
    viewers  integer NOT NULL,
    PRIMARY KEY (video_id, country, city)
);
CREATE TABLE video_place_viewers (
    video_id  uuid NOT NULL REFERENCES videos ON DELETE CASCADE,
    country   text NOT NULL,
    city      text NOT NULL,
    viewer_id uuid NOT NULL,
    PRIMARY KEY (video_id, country, city, viewer_id)
);

-- Makes the partition of a month; sittings of that month that came earlier move into it.
CREATE FUNCTION make_sittings_partition(month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE name text := 'sittings_' || to_char(month, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN RETURN false; END IF;
    LOCK TABLE sittings_default IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE sittings INCLUDING CONSTRAINTS)', name);
    EXECUTE format('WITH moved AS (DELETE FROM sittings_default WHERE shelf = $1 RETURNING *) '
                   'INSERT INTO %I SELECT * FROM moved', name) USING month;
    EXECUTE format('ALTER TABLE sittings ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   name, month, (month + interval '1 month')::date);
    RETURN true;
END $$;

-- Drops all raw sittings that began before a month. One whose id is older than itself is kept.
CREATE FUNCTION drop_sittings_before(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'sittings'::regclass AND c.relname ~ '^sittings_\d{6}$'
           AND to_date(right(c.relname, 6), 'YYYYMM') < month
    LOOP
        EXECUTE format('ALTER TABLE sittings DETACH PARTITION %I', name);
        EXECUTE format('INSERT INTO sittings SELECT * FROM %I WHERE occurred_at >= $1', name)
          USING month::timestamptz;
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM sittings WHERE occurred_at < month::timestamptz;
    UPDATE analytics_horizon SET kept_from = GREATEST(kept_from, month);
END $$;
