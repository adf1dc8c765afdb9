-- Made by `make generate` from src/kinetoscope/migrations.
CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;
COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';
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
CREATE TABLE public.video_tallies (
    part smallint NOT NULL,
    listed bigint DEFAULT 0 NOT NULL
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
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_email_key_key UNIQUE (email_key);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
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
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_owner_id_name_key_key UNIQUE (owner_id, name_key);
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.refresh_families
    ADD CONSTRAINT refresh_families_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.shares
    ADD CONSTRAINT shares_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.upload_pieces
    ADD CONSTRAINT upload_pieces_pkey PRIMARY KEY (upload_id, start);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.video_counters
    ADD CONSTRAINT video_counters_pkey PRIMARY KEY (video_id);
ALTER TABLE ONLY public.video_tallies
    ADD CONSTRAINT video_tallies_pkey PRIMARY KEY (part);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_pkey PRIMARY KEY (id);
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
CREATE INDEX likes_time ON public.likes USING btree (video_id, created_at);
CREATE INDEX likes_user ON public.likes USING btree (user_id, created_at);
CREATE UNIQUE INDEX projects_default ON public.projects USING btree (owner_id) WHERE is_default;
CREATE INDEX projects_newest ON public.projects USING btree (owner_id, created_at DESC, id DESC);
CREATE INDEX rate_limits_expiry ON public.rate_limits USING btree (expires_at);
CREATE INDEX refresh_families_account ON public.refresh_families USING btree (account_id);
CREATE INDEX refresh_families_expiry ON public.refresh_families USING btree (expires_at);
CREATE INDEX refresh_tokens_family ON public.refresh_tokens USING btree (family_id);
CREATE INDEX shares_time ON public.shares USING btree (video_id, created_at);
CREATE INDEX shares_user ON public.shares USING btree (user_id) WHERE (user_id IS NOT NULL);
CREATE INDEX uploads_expiry ON public.uploads USING btree (expires_at) WHERE (state <> 'complete'::text);
CREATE INDEX uploads_open ON public.uploads USING btree (owner_id) WHERE (state = 'open'::text);
CREATE INDEX uploads_video ON public.uploads USING btree (video_id);
CREATE INDEX video_counters_views ON public.video_counters USING btree (views, video_id);
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
CREATE TRIGGER videos_tally AFTER INSERT OR DELETE OR UPDATE OF visibility ON public.videos FOR EACH ROW EXECUTE FUNCTION public.tally_videos();
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
ALTER TABLE ONLY public.projects
    ADD CONSTRAINT projects_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.refresh_families
    ADD CONSTRAINT refresh_families_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_family_id_fkey FOREIGN KEY (family_id) REFERENCES public.refresh_families(id) ON DELETE CASCADE;
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
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.videos
    ADD CONSTRAINT videos_project_id_fkey FOREIGN KEY (project_id) REFERENCES public.projects(id);
