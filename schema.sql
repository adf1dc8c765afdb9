-- Made by `make generate` from src/kinetoscope/migrations.
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';
CREATE FUNCTION public.drop_sittings_before(month date) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
END $_$;
CREATE FUNCTION public.make_sittings_partition(month date) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
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
END $_$;
CREATE FUNCTION public.recommendation_left(since timestamp with time zone, now timestamp with time zone, half_life double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT power(2, -GREATEST(0, extract(epoch FROM now - since))::double precision / half_life)
$$;
CREATE FUNCTION public.search_add_model_index() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.dimensions <= 4000 THEN
        EXECUTE format(
            'CREATE INDEX %I ON search_summaries USING hnsw ((embedding::halfvec(%s)) halfvec_ip_ops) '
            'WITH (m = 16, ef_construction = 100) WHERE model_id = %s',
            'search_nearest_' || NEW.id, NEW.dimensions, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION public.search_count_added() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO search_terms AS t (project_id, kind, term, documents)
    SELECT project_id, kind, term, count(*)
      FROM (SELECT project_id, 'stem' AS kind, unnest(tsvector_to_array(words)) AS term FROM added
             UNION ALL
            SELECT project_id, 'word', unnest(spelled) FROM added) AS every
     GROUP BY project_id, kind, term ORDER BY project_id, kind, term
        ON CONFLICT (project_id, kind, term) DO UPDATE SET documents = t.documents + excluded.documents;
    INSERT INTO search_projects AS p (project_id, documents, words, foreign_texts)
    SELECT project_id, count(*), sum(length), count(*) FILTER (WHERE language <> 'english')
      FROM added GROUP BY project_id ORDER BY project_id
        ON CONFLICT (project_id) DO UPDATE
       SET documents = p.documents + excluded.documents, words = p.words + excluded.words,
           foreign_texts = p.foreign_texts + excluded.foreign_texts;
    RETURN NULL;
END $$;
CREATE FUNCTION public.search_count_removed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH gone AS MATERIALIZED (
        SELECT project_id, kind, term, count(*) AS documents
          FROM (SELECT project_id, 'stem' AS kind, unnest(tsvector_to_array(words)) AS term FROM removed
                 UNION ALL
                SELECT project_id, 'word', unnest(spelled) FROM removed) AS every
         GROUP BY project_id, kind, term
    ), ended AS (
        DELETE FROM search_terms t USING gone g
         WHERE (t.project_id, t.kind, t.term) = (g.project_id, g.kind, g.term)
           AND t.documents <= g.documents
    )
    UPDATE search_terms t SET documents = t.documents - g.documents
      FROM gone g
     WHERE (t.project_id, t.kind, t.term) = (g.project_id, g.kind, g.term) AND t.documents > g.documents;
    UPDATE search_projects p
       SET documents = p.documents - g.documents, words = p.words - g.words,
           foreign_texts = p.foreign_texts - g.foreign_texts
      FROM (SELECT project_id, count(*) AS documents, sum(length) AS words,
                   count(*) FILTER (WHERE language <> 'english') AS foreign_texts
              FROM removed GROUP BY project_id) g
     WHERE p.project_id = g.project_id;
    RETURN NULL;
END $$;
CREATE FUNCTION public.search_drop_model_index() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I', 'search_nearest_' || OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION public.search_holding(project uuid, wanted_category text, shortest integer, longest integer, wanted_author text, wanted_tags text[], condition tsquery, showcases uuid[], held tsquery, in_title boolean, at_most integer) RETURNS TABLE(document_id bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT d.id FROM search_texts t JOIN search_documents d ON d.id = t.document_id
     WHERE t.project_id = project
       AND CASE WHEN in_title THEN t.title_words ELSE t.words END @@ held
       AND (in_title OR t.words @@ held)
       AND (NOT in_title OR t.title_words @@ held)
       AND (wanted_category IS NULL OR d.category = wanted_category
            OR (wanted_category = 'showcase' AND d.video_id = ANY(showcases)))
       AND (shortest IS NULL OR d.duration >= shortest)
       AND (longest IS NULL OR d.duration <= longest)
       AND (wanted_author IS NULL OR d.author_key = wanted_author)
       AND (wanted_tags IS NULL OR d.tag_keys && wanted_tags)
       AND (condition IS NULL OR t.words @@ condition)
     LIMIT at_most;
END $$;
CREATE FUNCTION public.search_matching(project uuid, wanted_category text, shortest integer, longest integer, wanted_author text, wanted_tags text[], condition tsquery, showcases uuid[], at_most integer) RETURNS TABLE(document_id bigint)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
BEGIN
    RETURN QUERY
    SELECT d.id FROM search_documents d
     WHERE d.project_id = project
       AND (wanted_category IS NULL OR d.category = wanted_category
            OR (wanted_category = 'showcase' AND d.video_id = ANY(showcases)))
       AND (shortest IS NULL OR d.duration >= shortest)
       AND (longest IS NULL OR d.duration <= longest)
       AND (wanted_author IS NULL OR d.author_key = wanted_author)
       AND (wanted_tags IS NULL OR d.tag_keys && wanted_tags)
       AND (condition IS NULL
            OR EXISTS (SELECT FROM search_texts t WHERE t.document_id = d.id AND t.words @@ condition))
     LIMIT at_most;
END $$;
CREATE FUNCTION public.search_nearest(project uuid, wanted_category text, shortest integer, longest integer, wanted_author text, wanted_tags text[], condition tsquery, showcases uuid[], model smallint, dimensions integer, query real[], at_most integer) RETURNS TABLE(document_id bigint, similarity double precision)
    LANGUAGE plpgsql STABLE
    SET enable_sort TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
BEGIN
    -- Not as settings of the function: those of an extension that is not loaded yet need a superuser.
    PERFORM set_config('hnsw.iterative_scan', 'relaxed_order', true),
            set_config('hnsw.ef_search', '200', true), set_config('hnsw.max_scan_tuples', '60000', true);
    RETURN QUERY EXECUTE format(
        'SELECT s.document_id, -((s.embedding::halfvec(%1$s)) <#> $9::halfvec(%1$s))
           FROM search_summaries s JOIN search_documents d ON d.id = s.document_id
          WHERE s.model_id = %2$s AND d.project_id = $1
            AND ($2 IS NULL OR d.category = $2 OR ($2 = ''showcase'' AND d.video_id = ANY($8)))
            AND ($3 IS NULL OR d.duration >= $3)
            AND ($4 IS NULL OR d.duration <= $4)
            AND ($5 IS NULL OR d.author_key = $5)
            AND ($6 IS NULL OR d.tag_keys && $6)
            AND ($7 IS NULL OR EXISTS (
                    SELECT FROM search_texts t WHERE t.document_id = d.id AND t.words @@ $7))
          ORDER BY s.embedding::halfvec(%1$s) <#> $9::halfvec(%1$s) LIMIT $10', dimensions, model)
    USING project, wanted_category, shortest, longest, wanted_author, wanted_tags, condition, showcases,
          query, at_most;
END $_$;
CREATE FUNCTION public.search_nearest_public(model smallint, dimensions integer, query real[], at_most integer) RETURNS TABLE(video_id uuid, cosine double precision)
    LANGUAGE plpgsql STABLE
    SET enable_sort TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
BEGIN
    -- Not as settings of the function: those of an extension that is not loaded yet need a superuser.
    PERFORM set_config('hnsw.iterative_scan', 'relaxed_order', true),
            set_config('hnsw.ef_search', '200', true), set_config('hnsw.max_scan_tuples', '60000', true);
    RETURN QUERY EXECUTE format(
        'SELECT d.video_id, 1 - (s.embedding <=> $1::halfvec)
           FROM search_summaries s JOIN search_documents d ON d.id = s.document_id
          WHERE s.model_id = %2$s AND d.version > 0 AND NOT d.is_given
          ORDER BY s.embedding::halfvec(%1$s) <#> $1::halfvec(%1$s) LIMIT $2', dimensions, model)
    USING query, at_most;
END $_$;
CREATE FUNCTION public.search_stumps(project uuid, word text) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    WITH whole AS (
        SELECT left(word, 7) AS stump
    ), once AS (
        SELECT overlay(stump PLACING '' FROM place FOR 1) AS stump
          FROM whole, generate_series(1, length(stump)) AS place
    ), twice AS (
        SELECT overlay(stump PLACING '' FROM place FOR 1) AS stump
          FROM once, generate_series(1, length(stump)) AS place
         WHERE length(word) >= 6
    )
    SELECT array_agg(DISTINCT hashtextextended(stump, uuid_hash_extended(project, 0)))
      FROM (SELECT stump FROM whole UNION SELECT stump FROM once UNION SELECT stump FROM twice) AS every
$$;
CREATE FUNCTION public.tally_videos() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE TABLE public.accounts (
    id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    name text NOT NULL,
    role text DEFAULT 'USER'::text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT accounts_role_check CHECK ((role = ANY (ARRAY['USER'::text, 'ADMIN'::text])))
);
CREATE TABLE public.album_items (
    id uuid NOT NULL,
    album_id uuid NOT NULL,
    video_id uuid,
    photo_id uuid,
    caption text,
    "position" integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT album_items_check CHECK ((num_nonnulls(video_id, photo_id) = 1))
);
CREATE TABLE public.album_usage (
    account_id uuid NOT NULL,
    albums integer DEFAULT 0 NOT NULL,
    photo_bytes bigint DEFAULT 0 NOT NULL,
    CONSTRAINT album_usage_albums_check CHECK ((albums >= 0)),
    CONSTRAINT album_usage_photo_bytes_check CHECK ((photo_bytes >= 0))
);
CREATE TABLE public.albums (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    visibility text NOT NULL,
    cover_url text,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT albums_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'private'::text])))
);
CREATE TABLE public.analytics_horizon (
    kept_from date NOT NULL
);
CREATE TABLE public.analytics_settings (
    video_id uuid NOT NULL,
    count_owner_views boolean NOT NULL
);
CREATE TABLE public.annotation_clicks (
    annotation_id uuid NOT NULL,
    session_id uuid NOT NULL,
    clicked_at timestamp with time zone NOT NULL
);
CREATE TABLE public.annotations (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    starts_at numeric NOT NULL,
    ends_at numeric,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    kind text NOT NULL,
    url text,
    created_by uuid NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT annotations_check CHECK ((ends_at > starts_at)),
    CONSTRAINT annotations_kind_check CHECK ((kind = ANY (ARRAY['info'::text, 'feature'::text, 'bug-fix'::text, 'demo'::text]))),
    CONSTRAINT annotations_starts_at_check CHECK ((starts_at >= (0)::numeric))
);
CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    key_hash bytea NOT NULL,
    prefix text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone
);
CREATE TABLE public.comments (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    parent_id uuid,
    user_id uuid,
    author text,
    text text,
    at_seconds double precision,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT comments_at_seconds_check CHECK ((at_seconds >= (0)::double precision)),
    CONSTRAINT comments_check CHECK ((((user_id IS NULL) = (text IS NULL)) AND ((author IS NULL) = (text IS NULL))))
);
CREATE TABLE public.idempotency_keys (
    caller text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    started_at timestamp with time zone NOT NULL,
    lease uuid NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    took_effect boolean DEFAULT false NOT NULL,
    status smallint,
    headers jsonb,
    body bytea
);
CREATE TABLE public.jobs (
    id bigint NOT NULL,
    kind text NOT NULL,
    payload jsonb NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    worker text,
    leased_until timestamp with time zone,
    last_error text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT jobs_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'dead'::text])))
);
ALTER TABLE public.jobs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.likes (
    video_id uuid NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.media_files (
    video_id uuid NOT NULL,
    processing_id uuid NOT NULL,
    main text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL,
    total_bytes bigint NOT NULL,
    duration_seconds double precision NOT NULL,
    poster text NOT NULL,
    storyboard text NOT NULL,
    hls text,
    thumbnail_url text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.media_servers (
    url text NOT NULL,
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.photos (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    format text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes bigint NOT NULL,
    sizes jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT photos_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'ready'::text])))
);
CREATE TABLE public.projects (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
CREATE UNLOGGED TABLE public.rate_limits (
    key bytea NOT NULL,
    hits timestamp with time zone[] NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.recommendation_clicks (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    recommended_id uuid NOT NULL,
    rank smallint NOT NULL,
    slate_id uuid,
    source uuid,
    clicked_at timestamp with time zone NOT NULL
);
CREATE TABLE public.recommendation_evidence (
    video_id uuid NOT NULL,
    recommended_id uuid NOT NULL,
    clicks double precision NOT NULL,
    examinations double precision NOT NULL,
    as_of timestamp with time zone NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.recommendation_exchanges (
    rank smallint NOT NULL,
    shown bigint DEFAULT 0 NOT NULL,
    upper bigint DEFAULT 0 NOT NULL,
    lower bigint DEFAULT 0 NOT NULL,
    shown_exchanged bigint DEFAULT 0 NOT NULL,
    upper_exchanged bigint DEFAULT 0 NOT NULL,
    lower_exchanged bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.recommendation_hours (
    video_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    strategy text NOT NULL,
    rank smallint NOT NULL,
    impressions bigint NOT NULL,
    clicks bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.recommendation_learnt (
    video_id uuid NOT NULL,
    source uuid NOT NULL,
    at timestamp with time zone NOT NULL
);
CREATE TABLE public.recommendation_lists (
    video_id uuid NOT NULL,
    strategy text NOT NULL,
    policy integer NOT NULL,
    made_at timestamp with time zone NOT NULL,
    is_stale boolean DEFAULT false NOT NULL,
    renewing_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    fallback text,
    listed uuid[] NOT NULL,
    contributions jsonb NOT NULL,
    CONSTRAINT recommendation_lists_strategy_check CHECK ((strategy = ANY (ARRAY['content'::text, 'collaborative'::text, 'hybrid'::text])))
);
CREATE TABLE public.recommendation_models (
    version integer NOT NULL,
    is_current boolean NOT NULL,
    method text NOT NULL,
    trained_at timestamp with time zone NOT NULL,
    up_to bigint NOT NULL,
    votes bigint NOT NULL,
    videos integer NOT NULL
);
ALTER TABLE public.recommendation_models ALTER COLUMN version ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recommendation_models_version_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.recommendation_neighbours (
    version integer NOT NULL,
    kind text NOT NULL,
    video_id uuid NOT NULL,
    others uuid[] NOT NULL,
    weights real[] NOT NULL,
    CONSTRAINT recommendation_neighbours_kind_check CHECK ((kind = ANY (ARRAY['co_watch'::text, 'history'::text])))
);
CREATE TABLE public.recommendation_policies (
    version integer NOT NULL,
    state text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    weights jsonb NOT NULL,
    based_on integer NOT NULL,
    change jsonb NOT NULL,
    lists bigint NOT NULL,
    gain double precision NOT NULL,
    gain_low double precision NOT NULL,
    gain_high double precision NOT NULL,
    CONSTRAINT recommendation_policies_state_check CHECK ((state = ANY (ARRAY['current'::text, 'control'::text, 'former'::text, 'refused'::text])))
);
CREATE TABLE public.recommendation_recent_pairs (
    video_id uuid NOT NULL,
    other_id uuid NOT NULL,
    viewers integer NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.recommendation_slates (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    strategy text NOT NULL,
    policy integer NOT NULL,
    source uuid NOT NULL,
    shown_at timestamp with time zone NOT NULL,
    items uuid[] NOT NULL,
    propensities real[] NOT NULL,
    swapped_at smallint NOT NULL,
    learns boolean NOT NULL
);
CREATE TABLE public.recommendation_state (
    sole boolean DEFAULT true NOT NULL,
    read_until timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    voters bigint DEFAULT 0 NOT NULL,
    votes bigint DEFAULT 0 NOT NULL,
    popularity double precision DEFAULT 0 NOT NULL,
    eta double precision DEFAULT 1 NOT NULL,
    CONSTRAINT recommendation_state_sole_check CHECK (sole)
);
CREATE TABLE public.recommendation_videos (
    video_id uuid NOT NULL,
    viewers integer NOT NULL,
    popularity double precision NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.recommendation_votes (
    number bigint NOT NULL,
    voter uuid NOT NULL,
    video_id uuid NOT NULL,
    voted_at timestamp with time zone NOT NULL
);
ALTER TABLE public.recommendation_votes ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.recommendation_votes_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.refresh_families (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.refresh_tokens (
    token_hash bytea NOT NULL,
    family_id uuid NOT NULL,
    used_at timestamp with time zone
);
CREATE TABLE public.schedules (
    name text NOT NULL,
    last_run timestamp with time zone NOT NULL
);
CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.search_documents (
    id bigint NOT NULL,
    project_id uuid NOT NULL,
    video_id uuid NOT NULL,
    version integer NOT NULL,
    is_given boolean NOT NULL,
    category text NOT NULL,
    duration integer,
    author_key text NOT NULL,
    tag_keys text[] NOT NULL,
    checksum bytea NOT NULL,
    text_hash bytea NOT NULL,
    indexed_at timestamp with time zone NOT NULL,
    CONSTRAINT search_documents_category_check CHECK ((category = ANY (ARRAY['tutorial'::text, 'webinar'::text, 'showcase'::text, 'demo'::text, 'other'::text])))
);
ALTER TABLE public.search_documents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.search_documents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.search_figures (
    project_id uuid NOT NULL,
    day date NOT NULL,
    mode text NOT NULL,
    searches bigint NOT NULL,
    empty bigint NOT NULL,
    CONSTRAINT search_figures_mode_check CHECK ((mode = ANY (ARRAY['hybrid'::text, 'text'::text])))
);
CREATE TABLE public.search_models (
    id smallint NOT NULL,
    role text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    dimensions integer NOT NULL,
    state text NOT NULL,
    CONSTRAINT search_models_role_check CHECK ((role = ANY (ARRAY['main'::text, 'multilingual'::text]))),
    CONSTRAINT search_models_state_check CHECK ((state = ANY (ARRAY['building'::text, 'serving'::text])))
);
ALTER TABLE public.search_models ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.search_models_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.search_projects (
    project_id uuid NOT NULL,
    language text DEFAULT 'auto'::text NOT NULL,
    documents bigint DEFAULT 0 NOT NULL,
    words bigint DEFAULT 0 NOT NULL,
    foreign_texts bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.search_sources (
    document_id bigint NOT NULL,
    title text NOT NULL,
    description text NOT NULL,
    author text NOT NULL,
    tags text[] NOT NULL,
    thumbnail_url text,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.search_summaries (
    document_id bigint NOT NULL,
    model_id smallint NOT NULL,
    text_hash bytea NOT NULL,
    embedding public.halfvec NOT NULL
);
ALTER TABLE ONLY public.search_summaries ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE public.search_terms (
    project_id uuid NOT NULL,
    kind text NOT NULL,
    term text NOT NULL COLLATE pg_catalog."C",
    documents integer NOT NULL,
    CONSTRAINT search_terms_kind_check CHECK ((kind = ANY (ARRAY['stem'::text, 'word'::text])))
);
CREATE TABLE public.search_texts (
    document_id bigint NOT NULL,
    project_id uuid NOT NULL,
    language text NOT NULL,
    words tsvector NOT NULL,
    title_words tsvector NOT NULL,
    spelled text[] NOT NULL,
    length integer NOT NULL
);
CREATE TABLE public.search_vectors (
    document_id bigint NOT NULL,
    model_id smallint NOT NULL,
    field text NOT NULL,
    part smallint NOT NULL,
    embedding public.halfvec NOT NULL,
    CONSTRAINT search_vectors_field_check CHECK ((field = ANY (ARRAY['title'::text, 'description'::text, 'tags'::text])))
);
ALTER TABLE ONLY public.search_vectors ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE public.session_connections (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    media_url text NOT NULL,
    realtime_id text NOT NULL,
    joins integer NOT NULL,
    kind text NOT NULL,
    fingerprint text,
    ice_ufrag text,
    offered_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT session_connections_kind_check CHECK ((kind = ANY (ARRAY['call'::text, 'whip'::text, 'whep'::text])))
);
CREATE TABLE public.session_events (
    session_id uuid NOT NULL,
    number bigint NOT NULL,
    type text NOT NULL,
    data jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.session_participants (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    joins integer DEFAULT 1 NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    left_at timestamp with time zone,
    removed_at timestamp with time zone,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT session_participants_role_check CHECK ((role = ANY (ARRAY['host'::text, 'participant'::text]))),
    CONSTRAINT session_participants_status_check CHECK ((status = ANY (ARRAY['joined'::text, 'left'::text])))
);
CREATE TABLE public.session_recording_tracks (
    recording_id uuid NOT NULL,
    track_id uuid NOT NULL,
    type text NOT NULL,
    realtime_id text NOT NULL,
    is_running boolean DEFAULT false NOT NULL,
    CONSTRAINT session_recording_tracks_type_check CHECK ((type = ANY (ARRAY['audio'::text, 'video'::text, 'screen'::text])))
);
CREATE TABLE public.session_recordings (
    id uuid NOT NULL,
    session_id uuid,
    host_id uuid NOT NULL,
    title text NOT NULL,
    base_url text NOT NULL,
    media_url text NOT NULL,
    instance text NOT NULL,
    status text DEFAULT 'recording'::text NOT NULL,
    status_detail text,
    video_id uuid,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT session_recordings_check CHECK (((status = 'recording'::text) = (ended_at IS NULL))),
    CONSTRAINT session_recordings_status_check CHECK ((status = ANY (ARRAY['recording'::text, 'processing'::text, 'ready'::text, 'failed'::text])))
);
CREATE TABLE public.session_subscriptions (
    connection_id uuid NOT NULL,
    track_id uuid NOT NULL,
    mid text NOT NULL,
    preferred_rid text
);
CREATE TABLE public.session_tracks (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    connection_id uuid,
    track_name text NOT NULL,
    type text NOT NULL,
    mid text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    muted boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT session_tracks_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text]))),
    CONSTRAINT session_tracks_type_check CHECK ((type = ANY (ARRAY['audio'::text, 'video'::text, 'screen'::text])))
);
CREATE TABLE public.shares (
    id bigint NOT NULL,
    video_id uuid NOT NULL,
    user_id uuid,
    platform text,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.shares ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shares_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.sittings (
    video_id uuid NOT NULL,
    session_id uuid NOT NULL,
    shelf date NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    viewer_id uuid,
    user_id uuid,
    watched_seconds integer NOT NULL,
    completion smallint NOT NULL,
    device text NOT NULL,
    browser text NOT NULL,
    os text NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    reason text,
    batch_id bigint NOT NULL,
    CONSTRAINT sittings_completion_check CHECK (((completion >= 0) AND (completion <= 10000))),
    CONSTRAINT sittings_reason_check CHECK ((reason = ANY (ARRAY['bot'::text, 'owner'::text, 'rate'::text])))
)
PARTITION BY RANGE (shelf);
CREATE TABLE public.sittings_default (
    video_id uuid CONSTRAINT sittings_video_id_not_null NOT NULL,
    session_id uuid CONSTRAINT sittings_session_id_not_null NOT NULL,
    shelf date CONSTRAINT sittings_shelf_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT sittings_occurred_at_not_null NOT NULL,
    seen_at timestamp with time zone CONSTRAINT sittings_seen_at_not_null NOT NULL,
    viewer_id uuid,
    user_id uuid,
    watched_seconds integer CONSTRAINT sittings_watched_seconds_not_null NOT NULL,
    completion smallint CONSTRAINT sittings_completion_not_null NOT NULL,
    device text CONSTRAINT sittings_device_not_null NOT NULL,
    browser text CONSTRAINT sittings_browser_not_null NOT NULL,
    os text CONSTRAINT sittings_os_not_null NOT NULL,
    country text CONSTRAINT sittings_country_not_null NOT NULL,
    city text CONSTRAINT sittings_city_not_null NOT NULL,
    reason text,
    batch_id bigint CONSTRAINT sittings_batch_id_not_null NOT NULL,
    CONSTRAINT sittings_completion_check CHECK (((completion >= 0) AND (completion <= 10000))),
    CONSTRAINT sittings_reason_check CHECK ((reason = ANY (ARRAY['bot'::text, 'owner'::text, 'rate'::text])))
);
CREATE TABLE public.upload_pieces (
    upload_id uuid NOT NULL,
    start bigint NOT NULL,
    length bigint NOT NULL,
    key text NOT NULL,
    CONSTRAINT upload_pieces_length_check CHECK ((length > 0))
);
CREATE TABLE public.uploads (
    id uuid NOT NULL,
    video_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    size bigint,
    received bigint DEFAULT 0 NOT NULL,
    pieces integer DEFAULT 0 NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    filename text,
    metadata text,
    base_url text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT uploads_check CHECK ((received <= size)),
    CONSTRAINT uploads_received_check CHECK ((received >= 0)),
    CONSTRAINT uploads_size_check CHECK ((size > 0)),
    CONSTRAINT uploads_state_check CHECK ((state = ANY (ARRAY['open'::text, 'complete'::text, 'processed'::text])))
);
CREATE TABLE public.video_counters (
    video_id uuid NOT NULL,
    views bigint DEFAULT 0 NOT NULL,
    likes bigint DEFAULT 0 NOT NULL,
    shares bigint DEFAULT 0 NOT NULL,
    comments bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.video_place_viewers (
    video_id uuid NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    viewer_id uuid NOT NULL
);
CREATE TABLE public.video_places (
    video_id uuid NOT NULL,
    country text NOT NULL,
    city text NOT NULL,
    viewers integer NOT NULL
);
CREATE TABLE public.video_reach (
    video_id uuid NOT NULL,
    day date NOT NULL,
    prev_day date NOT NULL,
    viewers bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_sessions (
    id uuid NOT NULL,
    host_id uuid NOT NULL,
    session_name text NOT NULL,
    max_participants integer NOT NULL,
    participant_count integer DEFAULT 0 NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    media_url text NOT NULL,
    last_event bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    deleted_at timestamp with time zone,
    recording_id uuid,
    CONSTRAINT video_sessions_check CHECK (((participant_count >= 0) AND (participant_count <= max_participants))),
    CONSTRAINT video_sessions_check1 CHECK (((status = 'ended'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT video_sessions_max_participants_check CHECK (((max_participants >= 2) AND (max_participants <= 100))),
    CONSTRAINT video_sessions_status_check CHECK ((status = ANY (ARRAY['active'::text, 'ended'::text])))
);
CREATE TABLE public.video_stat_completions (
    video_id uuid NOT NULL,
    month date NOT NULL,
    device text NOT NULL,
    percent smallint NOT NULL,
    views bigint NOT NULL,
    completion_sum bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_stat_days (
    video_id uuid NOT NULL,
    day date NOT NULL,
    views bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_stat_hours (
    video_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    views bigint NOT NULL,
    viewers bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_stat_months (
    video_id uuid NOT NULL,
    month date NOT NULL,
    views bigint NOT NULL,
    new_viewers bigint NOT NULL,
    watched_seconds bigint NOT NULL,
    completion_sum bigint NOT NULL,
    rejected_bot bigint NOT NULL,
    rejected_owner bigint NOT NULL,
    rejected_rate bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_stat_values (
    video_id uuid NOT NULL,
    dimension text NOT NULL,
    month date NOT NULL,
    value text NOT NULL,
    part_of text NOT NULL,
    views bigint NOT NULL
)
WITH (fillfactor='80');
CREATE TABLE public.video_tallies (
    part smallint NOT NULL,
    listed bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.video_viewer_hours (
    video_id uuid NOT NULL,
    viewer_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL
);
CREATE TABLE public.videos (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    project_id uuid NOT NULL,
    author text NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    video_type text NOT NULL,
    video_url text,
    thumbnail_url text,
    duration integer,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    tech_stack text[] DEFAULT '{}'::text[] NOT NULL,
    project_url text,
    visibility text NOT NULL,
    status text NOT NULL,
    status_detail text,
    playback jsonb,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    tag_keys text[] DEFAULT '{}'::text[] NOT NULL,
    tech_keys text[] DEFAULT '{}'::text[] NOT NULL,
    words tsvector GENERATED ALWAYS AS ((setweight(to_tsvector('simple'::regconfig, title), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, description), 'B'::"char"))) STORED,
    CONSTRAINT videos_duration_check CHECK ((duration >= 0)),
    CONSTRAINT videos_status_check CHECK ((status = ANY (ARRAY['registered'::text, 'uploading'::text, 'processing'::text, 'ready'::text, 'failed'::text]))),
    CONSTRAINT videos_video_type_check CHECK ((video_type = ANY (ARRAY['tutorial'::text, 'webinar'::text, 'demo'::text, 'other'::text]))),
    CONSTRAINT videos_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'private'::text])))
);
CREATE SEQUENCE public.view_batch_blocks
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.view_batches (
    batch_id bigint NOT NULL
);
CREATE UNLOGGED TABLE public.view_quotas (
    source uuid NOT NULL,
    day date NOT NULL,
    used integer NOT NULL
);
CREATE TABLE public.view_reports (
    video_id uuid CONSTRAINT sittings_video_id_not_null NOT NULL,
    session_id uuid CONSTRAINT sittings_session_id_not_null NOT NULL,
    shelf date CONSTRAINT sittings_shelf_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT sittings_occurred_at_not_null NOT NULL,
    seen_at timestamp with time zone CONSTRAINT sittings_seen_at_not_null NOT NULL,
    viewer_id uuid,
    user_id uuid,
    watched_seconds integer CONSTRAINT sittings_watched_seconds_not_null NOT NULL,
    completion smallint CONSTRAINT sittings_completion_not_null NOT NULL,
    device text CONSTRAINT sittings_device_not_null NOT NULL,
    browser text CONSTRAINT sittings_browser_not_null NOT NULL,
    os text CONSTRAINT sittings_os_not_null NOT NULL,
    country text CONSTRAINT sittings_country_not_null NOT NULL,
    city text CONSTRAINT sittings_city_not_null NOT NULL,
    reason text,
    batch_id bigint CONSTRAINT sittings_batch_id_not_null NOT NULL,
    "position" integer NOT NULL
);
CREATE TABLE public.viewer_keys (
    user_id uuid NOT NULL,
    key bytea NOT NULL
);
CREATE UNLOGGED TABLE public.viewer_salts (
    day date NOT NULL,
    salt bytea NOT NULL
);
ALTER TABLE ONLY public.sittings ATTACH PARTITION public.sittings_default DEFAULT;
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_email_key_key UNIQUE (email_key);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_album_id_photo_id_key UNIQUE (album_id, photo_id);
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_album_id_video_id_key UNIQUE (album_id, video_id);
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.album_usage
    ADD CONSTRAINT album_usage_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.analytics_settings
    ADD CONSTRAINT analytics_settings_pkey PRIMARY KEY (video_id);
ALTER TABLE ONLY public.annotation_clicks
    ADD CONSTRAINT annotation_clicks_pkey PRIMARY KEY (annotation_id, session_id);
ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_pkey PRIMARY KEY (video_id, user_id);
ALTER TABLE ONLY public.media_files
    ADD CONSTRAINT media_files_pkey PRIMARY KEY (video_id);
ALTER TABLE ONLY public.media_servers
    ADD CONSTRAINT media_servers_pkey PRIMARY KEY (url);
ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_owner_id_name_key_key UNIQUE (owner_id, name_key);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.recommendation_clicks
    ADD CONSTRAINT recommendation_clicks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.recommendation_evidence
    ADD CONSTRAINT recommendation_evidence_pkey PRIMARY KEY (video_id, recommended_id);
ALTER TABLE ONLY public.recommendation_exchanges
    ADD CONSTRAINT recommendation_exchanges_pkey PRIMARY KEY (rank);
ALTER TABLE ONLY public.recommendation_hours
    ADD CONSTRAINT recommendation_hours_pkey PRIMARY KEY (video_id, hour, strategy, rank);
ALTER TABLE ONLY public.recommendation_learnt
    ADD CONSTRAINT recommendation_learnt_pkey PRIMARY KEY (video_id, source);
ALTER TABLE ONLY public.recommendation_lists
    ADD CONSTRAINT recommendation_lists_pkey PRIMARY KEY (video_id, strategy, policy);
ALTER TABLE ONLY public.recommendation_models
    ADD CONSTRAINT recommendation_models_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.recommendation_neighbours
    ADD CONSTRAINT recommendation_neighbours_pkey PRIMARY KEY (version, kind, video_id);
ALTER TABLE ONLY public.recommendation_policies
    ADD CONSTRAINT recommendation_policies_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.recommendation_recent_pairs
    ADD CONSTRAINT recommendation_recent_pairs_pkey PRIMARY KEY (video_id, other_id);
ALTER TABLE ONLY public.recommendation_slates
    ADD CONSTRAINT recommendation_slates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.recommendation_state
    ADD CONSTRAINT recommendation_state_pkey PRIMARY KEY (sole);
ALTER TABLE ONLY public.recommendation_videos
    ADD CONSTRAINT recommendation_videos_pkey PRIMARY KEY (video_id);
ALTER TABLE ONLY public.recommendation_votes
    ADD CONSTRAINT recommendation_votes_pkey PRIMARY KEY (voter, video_id);
ALTER TABLE ONLY public.refresh_families
    ADD CONSTRAINT refresh_families_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.search_documents
    ADD CONSTRAINT search_documents_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.search_documents
    ADD CONSTRAINT search_documents_project_id_video_id_key UNIQUE (project_id, video_id);
ALTER TABLE ONLY public.search_figures
    ADD CONSTRAINT search_figures_pkey PRIMARY KEY (project_id, day, mode);
ALTER TABLE ONLY public.search_models
    ADD CONSTRAINT search_models_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.search_models
    ADD CONSTRAINT search_models_role_name_sha256_dimensions_key UNIQUE (role, name, sha256, dimensions);
ALTER TABLE ONLY public.search_projects
    ADD CONSTRAINT search_projects_pkey PRIMARY KEY (project_id);
ALTER TABLE ONLY public.search_sources
    ADD CONSTRAINT search_sources_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY public.search_summaries
    ADD CONSTRAINT search_summaries_pkey PRIMARY KEY (document_id, model_id);
ALTER TABLE ONLY public.search_terms
    ADD CONSTRAINT search_terms_pkey PRIMARY KEY (project_id, kind, term);
ALTER TABLE ONLY public.search_texts
    ADD CONSTRAINT search_texts_pkey PRIMARY KEY (document_id);
ALTER TABLE ONLY public.search_vectors
    ADD CONSTRAINT search_vectors_pkey PRIMARY KEY (document_id, model_id, field, part);
ALTER TABLE ONLY public.session_connections
    ADD CONSTRAINT session_connections_participant_id_key UNIQUE (participant_id);
ALTER TABLE ONLY public.session_connections
    ADD CONSTRAINT session_connections_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session_events
    ADD CONSTRAINT session_events_pkey PRIMARY KEY (session_id, number);
ALTER TABLE ONLY public.session_participants
    ADD CONSTRAINT session_participants_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session_participants
    ADD CONSTRAINT session_participants_session_id_user_id_key UNIQUE (session_id, user_id);
ALTER TABLE ONLY public.session_recording_tracks
    ADD CONSTRAINT session_recording_tracks_pkey PRIMARY KEY (recording_id, track_id);
ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.session_subscriptions
    ADD CONSTRAINT session_subscriptions_pkey PRIMARY KEY (connection_id, track_id);
ALTER TABLE ONLY public.session_tracks
    ADD CONSTRAINT session_tracks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.shares
    ADD CONSTRAINT shares_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sittings
    ADD CONSTRAINT sittings_pkey PRIMARY KEY (video_id, session_id, shelf);
ALTER TABLE ONLY public.sittings_default
    ADD CONSTRAINT sittings_default_pkey PRIMARY KEY (video_id, session_id, shelf);
ALTER TABLE ONLY public.upload_pieces
    ADD CONSTRAINT upload_pieces_pkey PRIMARY KEY (upload_id, start);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.video_counters
    ADD CONSTRAINT video_counters_pkey PRIMARY KEY (video_id);
ALTER TABLE ONLY public.video_place_viewers
    ADD CONSTRAINT video_place_viewers_pkey PRIMARY KEY (video_id, country, city, viewer_id);
ALTER TABLE ONLY public.video_places
    ADD CONSTRAINT video_places_pkey PRIMARY KEY (video_id, country, city);
ALTER TABLE ONLY public.video_reach
    ADD CONSTRAINT video_reach_pkey PRIMARY KEY (video_id, day, prev_day);
ALTER TABLE ONLY public.video_sessions
    ADD CONSTRAINT video_sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.video_stat_completions
    ADD CONSTRAINT video_stat_completions_pkey PRIMARY KEY (video_id, month, device, percent);
ALTER TABLE ONLY public.video_stat_days
    ADD CONSTRAINT video_stat_days_pkey PRIMARY KEY (video_id, day);
ALTER TABLE ONLY public.video_stat_hours
    ADD CONSTRAINT video_stat_hours_pkey PRIMARY KEY (video_id, hour);
ALTER TABLE ONLY public.video_stat_months
    ADD CONSTRAINT video_stat_months_pkey PRIMARY KEY (video_id, month);
ALTER TABLE ONLY public.video_stat_values
    ADD CONSTRAINT video_stat_values_pkey PRIMARY KEY (video_id, dimension, month, value, part_of);
ALTER TABLE ONLY public.video_tallies
    ADD CONSTRAINT video_tallies_pkey PRIMARY KEY (part);
ALTER TABLE ONLY public.video_viewer_hours
    ADD CONSTRAINT video_viewer_hours_pkey PRIMARY KEY (video_id, viewer_id, hour);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.view_batches
    ADD CONSTRAINT view_batches_pkey PRIMARY KEY (batch_id);
ALTER TABLE ONLY public.view_quotas
    ADD CONSTRAINT view_quotas_pkey PRIMARY KEY (source);
ALTER TABLE ONLY public.viewer_keys
    ADD CONSTRAINT viewer_keys_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.viewer_salts
    ADD CONSTRAINT viewer_salts_pkey PRIMARY KEY (day);
CREATE INDEX album_items_order ON public.album_items USING btree (album_id, "position", id);
CREATE INDEX album_items_photo ON public.album_items USING btree (photo_id);
CREATE INDEX album_items_video ON public.album_items USING btree (video_id);
CREATE INDEX albums_newest ON public.albums USING btree (owner_id, created_at DESC, id DESC);
CREATE INDEX annotations_video ON public.annotations USING btree (video_id, starts_at, id);
CREATE INDEX api_keys_account ON public.api_keys USING btree (account_id, created_at);
CREATE INDEX comments_newest ON public.comments USING btree (video_id, created_at DESC, id DESC) WHERE (parent_id IS NULL);
CREATE INDEX comments_replies ON public.comments USING btree (parent_id, created_at, id);
CREATE INDEX comments_timeline ON public.comments USING btree (video_id, at_seconds, created_at, id) WHERE (parent_id IS NULL);
CREATE INDEX comments_user ON public.comments USING btree (user_id, video_id);
CREATE INDEX comments_video ON public.comments USING btree (video_id);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (started_at);
CREATE INDEX jobs_dead ON public.jobs USING btree (id) WHERE (state = 'dead'::text);
CREATE INDEX jobs_running ON public.jobs USING btree (leased_until) WHERE (state = 'running'::text);
CREATE INDEX jobs_waiting ON public.jobs USING btree (run_at, id, kind) WHERE (state = 'waiting'::text);
CREATE INDEX likes_created ON public.likes USING brin (created_at) WITH (pages_per_range='16');
CREATE INDEX likes_time ON public.likes USING btree (video_id, created_at);
CREATE INDEX likes_user ON public.likes USING btree (user_id, created_at);
CREATE INDEX photos_newest ON public.photos USING btree (owner_id, created_at DESC, id DESC);
CREATE INDEX photos_pending ON public.photos USING btree (created_at) WHERE (state = 'pending'::text);
CREATE UNIQUE INDEX projects_default ON public.projects USING btree (owner_id) WHERE is_default;
CREATE INDEX projects_newest ON public.projects USING btree (owner_id, created_at DESC, id DESC);
CREATE INDEX rate_limits_expiry ON public.rate_limits USING btree (expires_at);
CREATE INDEX recommendation_clicks_recommended ON public.recommendation_clicks USING btree (recommended_id);
CREATE UNIQUE INDEX recommendation_clicks_slate ON public.recommendation_clicks USING btree (slate_id, recommended_id);
CREATE INDEX recommendation_clicks_source ON public.recommendation_clicks USING btree (source) WHERE (source IS NOT NULL);
CREATE INDEX recommendation_clicks_video ON public.recommendation_clicks USING btree (video_id);
CREATE INDEX recommendation_evidence_recommended ON public.recommendation_evidence USING btree (recommended_id);
CREATE INDEX recommendation_learnt_source ON public.recommendation_learnt USING btree (source);
CREATE INDEX recommendation_lists_age ON public.recommendation_lists USING btree (made_at);
CREATE INDEX recommendation_lists_listed ON public.recommendation_lists USING gin (listed);
CREATE UNIQUE INDEX recommendation_models_current ON public.recommendation_models USING btree (is_current) WHERE is_current;
CREATE INDEX recommendation_neighbours_video ON public.recommendation_neighbours USING btree (video_id);
CREATE UNIQUE INDEX recommendation_policies_control ON public.recommendation_policies USING btree (state) WHERE (state = 'control'::text);
CREATE UNIQUE INDEX recommendation_policies_current ON public.recommendation_policies USING btree (state) WHERE (state = 'current'::text);
CREATE INDEX recommendation_recent_pairs_other ON public.recommendation_recent_pairs USING btree (other_id);
CREATE INDEX recommendation_slates_age ON public.recommendation_slates USING btree (shown_at);
CREATE INDEX recommendation_slates_source ON public.recommendation_slates USING btree (source, video_id, shown_at);
CREATE INDEX recommendation_slates_video ON public.recommendation_slates USING btree (video_id, shown_at);
CREATE INDEX recommendation_videos_popular ON public.recommendation_videos USING btree (popularity DESC, video_id);
CREATE UNIQUE INDEX recommendation_votes_number ON public.recommendation_votes USING btree (number);
CREATE INDEX recommendation_votes_video ON public.recommendation_votes USING btree (video_id);
CREATE INDEX refresh_families_account ON public.refresh_families USING btree (account_id);
CREATE INDEX refresh_families_expiry ON public.refresh_families USING btree (expires_at);
CREATE INDEX refresh_tokens_family ON public.refresh_tokens USING btree (family_id);
CREATE INDEX search_documents_author ON public.search_documents USING btree (project_id, author_key);
CREATE INDEX search_documents_category ON public.search_documents USING btree (project_id, category);
CREATE INDEX search_documents_duration ON public.search_documents USING btree (project_id, duration);
CREATE INDEX search_documents_tags ON public.search_documents USING gin (tag_keys);
CREATE INDEX search_documents_video ON public.search_documents USING btree (video_id);
CREATE UNIQUE INDEX search_models_serving ON public.search_models USING btree (role) WHERE (state = 'serving'::text);
CREATE INDEX search_summaries_model ON public.search_summaries USING btree (model_id);
CREATE INDEX search_terms_stumps ON public.search_terms USING gin (public.search_stumps(project_id, term)) WHERE (kind = 'word'::text);
CREATE INDEX search_texts_title ON public.search_texts USING gin (title_words);
CREATE INDEX search_texts_words ON public.search_texts USING gin (words);
CREATE INDEX session_connections_session ON public.session_connections USING btree (session_id);
CREATE INDEX session_participants_present ON public.session_participants USING btree (seen_at) WHERE (status = 'joined'::text);
CREATE INDEX session_participants_user ON public.session_participants USING btree (user_id, session_id);
CREATE INDEX session_recordings_host ON public.session_recordings USING btree (host_id);
CREATE INDEX session_recordings_open ON public.session_recordings USING btree (media_url) WHERE (status = 'recording'::text);
CREATE INDEX session_recordings_session ON public.session_recordings USING btree (session_id, started_at, id);
CREATE INDEX session_recordings_video ON public.session_recordings USING btree (video_id) WHERE (status = 'processing'::text);
CREATE INDEX session_subscriptions_track ON public.session_subscriptions USING btree (track_id);
CREATE INDEX session_tracks_connection ON public.session_tracks USING btree (connection_id);
CREATE INDEX session_tracks_participant ON public.session_tracks USING btree (participant_id);
CREATE INDEX session_tracks_session ON public.session_tracks USING btree (session_id, created_at, id);
CREATE INDEX shares_time ON public.shares USING btree (video_id, created_at);
CREATE INDEX shares_user ON public.shares USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX sittings_batch ON ONLY public.sittings USING btree (batch_id);
CREATE INDEX sittings_default_batch_id_idx ON public.sittings_default USING btree (batch_id);
CREATE INDEX sittings_seen ON ONLY public.sittings USING brin (seen_at) WITH (pages_per_range='16');
CREATE INDEX sittings_default_seen_at_idx ON public.sittings_default USING brin (seen_at) WITH (pages_per_range='16');
CREATE INDEX sittings_user ON ONLY public.sittings USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX sittings_default_user_id_idx ON public.sittings_default USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX sittings_time ON ONLY public.sittings USING btree (video_id, occurred_at, session_id);
CREATE INDEX sittings_default_video_id_occurred_at_session_id_idx ON public.sittings_default USING btree (video_id, occurred_at, session_id);
CREATE INDEX uploads_expiry ON public.uploads USING btree (expires_at) WHERE (state <> 'complete'::text);
CREATE INDEX uploads_open ON public.uploads USING btree (owner_id) WHERE (state = 'open'::text);
CREATE INDEX uploads_video ON public.uploads USING btree (video_id);
CREATE INDEX video_counters_views ON public.video_counters USING btree (views, video_id);
CREATE INDEX video_sessions_ended ON public.video_sessions USING btree (ended_at) WHERE (status = 'ended'::text);
CREATE INDEX video_sessions_host ON public.video_sessions USING btree (host_id, created_at DESC, id DESC);
CREATE INDEX videos_demos ON public.videos USING btree (created_at DESC, id DESC) WHERE ((video_type = 'demo'::text) AND (visibility = 'public'::text));
CREATE INDEX videos_duration ON public.videos USING btree (duration, id);
CREATE INDEX videos_hidden ON public.videos USING btree (owner_id, created_at DESC, id DESC) WHERE (visibility <> 'public'::text);
CREATE INDEX videos_listed ON public.videos USING btree (created_at DESC, id DESC) WHERE (visibility = 'public'::text);
CREATE INDEX videos_owner ON public.videos USING btree (owner_id, created_at DESC, id DESC);
CREATE INDEX videos_project ON public.videos USING btree (project_id, created_at DESC, id DESC);
CREATE INDEX videos_tags ON public.videos USING gin (tag_keys);
CREATE INDEX videos_tech ON public.videos USING gin (tech_keys);
CREATE INDEX videos_title ON public.videos USING btree (lower(title), id);
CREATE INDEX videos_type ON public.videos USING btree (video_type, created_at DESC, id DESC);
CREATE INDEX videos_words ON public.videos USING gin (words);
CREATE INDEX view_reports_batch ON public.view_reports USING btree (batch_id);
ALTER INDEX public.sittings_batch ATTACH PARTITION public.sittings_default_batch_id_idx;
ALTER INDEX public.sittings_pkey ATTACH PARTITION public.sittings_default_pkey;
ALTER INDEX public.sittings_seen ATTACH PARTITION public.sittings_default_seen_at_idx;
ALTER INDEX public.sittings_user ATTACH PARTITION public.sittings_default_user_id_idx;
ALTER INDEX public.sittings_time ATTACH PARTITION public.sittings_default_video_id_occurred_at_session_id_idx;
CREATE TRIGGER search_models_index AFTER INSERT ON public.search_models FOR EACH ROW EXECUTE FUNCTION public.search_add_model_index();
CREATE TRIGGER search_models_index_gone AFTER DELETE ON public.search_models FOR EACH ROW EXECUTE FUNCTION public.search_drop_model_index();
CREATE TRIGGER search_texts_added AFTER INSERT ON public.search_texts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.search_count_added();
CREATE TRIGGER search_texts_removed AFTER DELETE ON public.search_texts REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION public.search_count_removed();
CREATE TRIGGER videos_tally AFTER INSERT OR DELETE OR UPDATE OF visibility ON public.videos FOR EACH ROW EXECUTE FUNCTION public.tally_videos();
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_album_id_fkey FOREIGN KEY (album_id) REFERENCES public.albums(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_photo_id_fkey FOREIGN KEY (photo_id) REFERENCES public.photos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.album_items
    ADD CONSTRAINT album_items_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.album_usage
    ADD CONSTRAINT album_usage_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.albums
    ADD CONSTRAINT albums_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.analytics_settings
    ADD CONSTRAINT analytics_settings_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.annotation_clicks
    ADD CONSTRAINT annotation_clicks_annotation_id_fkey FOREIGN KEY (annotation_id) REFERENCES public.annotations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.annotations
    ADD CONSTRAINT annotations_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.comments(id);
ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.media_files
    ADD CONSTRAINT media_files_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.photos
    ADD CONSTRAINT photos_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.recommendation_clicks
    ADD CONSTRAINT recommendation_clicks_recommended_id_fkey FOREIGN KEY (recommended_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_clicks
    ADD CONSTRAINT recommendation_clicks_slate_id_fkey FOREIGN KEY (slate_id) REFERENCES public.recommendation_slates(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_clicks
    ADD CONSTRAINT recommendation_clicks_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_evidence
    ADD CONSTRAINT recommendation_evidence_recommended_id_fkey FOREIGN KEY (recommended_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_evidence
    ADD CONSTRAINT recommendation_evidence_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_hours
    ADD CONSTRAINT recommendation_hours_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_learnt
    ADD CONSTRAINT recommendation_learnt_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_lists
    ADD CONSTRAINT recommendation_lists_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_neighbours
    ADD CONSTRAINT recommendation_neighbours_version_fkey FOREIGN KEY (version) REFERENCES public.recommendation_models(version) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_neighbours
    ADD CONSTRAINT recommendation_neighbours_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_recent_pairs
    ADD CONSTRAINT recommendation_recent_pairs_other_id_fkey FOREIGN KEY (other_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_recent_pairs
    ADD CONSTRAINT recommendation_recent_pairs_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_slates
    ADD CONSTRAINT recommendation_slates_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_videos
    ADD CONSTRAINT recommendation_videos_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.recommendation_votes
    ADD CONSTRAINT recommendation_votes_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.refresh_families
    ADD CONSTRAINT refresh_families_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_family_id_fkey FOREIGN KEY (family_id) REFERENCES public.refresh_families(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_documents
    ADD CONSTRAINT search_documents_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_figures
    ADD CONSTRAINT search_figures_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_projects
    ADD CONSTRAINT search_projects_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_sources
    ADD CONSTRAINT search_sources_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.search_documents(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_summaries
    ADD CONSTRAINT search_summaries_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.search_documents(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_summaries
    ADD CONSTRAINT search_summaries_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.search_models(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_terms
    ADD CONSTRAINT search_terms_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_texts
    ADD CONSTRAINT search_texts_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.search_documents(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_vectors
    ADD CONSTRAINT search_vectors_document_id_fkey FOREIGN KEY (document_id) REFERENCES public.search_documents(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.search_vectors
    ADD CONSTRAINT search_vectors_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.search_models(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_connections
    ADD CONSTRAINT session_connections_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES public.session_participants(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_connections
    ADD CONSTRAINT session_connections_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.video_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_events
    ADD CONSTRAINT session_events_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.video_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_participants
    ADD CONSTRAINT session_participants_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.video_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_participants
    ADD CONSTRAINT session_participants_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.session_recording_tracks
    ADD CONSTRAINT session_recording_tracks_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.video_sessions(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.session_subscriptions
    ADD CONSTRAINT session_subscriptions_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES public.session_connections(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_subscriptions
    ADD CONSTRAINT session_subscriptions_track_id_fkey FOREIGN KEY (track_id) REFERENCES public.session_tracks(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_tracks
    ADD CONSTRAINT session_tracks_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES public.session_connections(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.session_tracks
    ADD CONSTRAINT session_tracks_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES public.session_participants(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.session_tracks
    ADD CONSTRAINT session_tracks_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.video_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.shares
    ADD CONSTRAINT shares_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.shares
    ADD CONSTRAINT shares_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.upload_pieces
    ADD CONSTRAINT upload_pieces_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES public.uploads(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_counters
    ADD CONSTRAINT video_counters_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_place_viewers
    ADD CONSTRAINT video_place_viewers_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_places
    ADD CONSTRAINT video_places_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_reach
    ADD CONSTRAINT video_reach_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_sessions
    ADD CONSTRAINT video_sessions_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.video_stat_completions
    ADD CONSTRAINT video_stat_completions_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_stat_days
    ADD CONSTRAINT video_stat_days_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_stat_hours
    ADD CONSTRAINT video_stat_hours_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_stat_months
    ADD CONSTRAINT video_stat_months_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.video_stat_values
    ADD CONSTRAINT video_stat_values_video_id_fkey FOREIGN KEY (video_id) REFERENCES public.videos(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id);
ALTER TABLE ONLY public.viewer_keys
    ADD CONSTRAINT viewer_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
