-- Search: an index of its own, made from videos and from documents that a project stores itself. All of it
-- can be made anew from those. Narrow rows for what filters look at; texts, vectors and what is shown apart.

CREATE TABLE search_projects (
    project_id uuid PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
    -- What its texts are written in: a text search configuration, or 'auto' to judge each text by itself.
    language   text NOT NULL DEFAULT 'auto',
    -- Kept by the triggers below: how many texts there are, and how many words they have together.
    documents  bigint NOT NULL DEFAULT 0,
    words      bigint NOT NULL DEFAULT 0,
    -- Texts in other languages than English: only where there are any, the multilingual model is asked too.
    foreign_texts bigint NOT NULL DEFAULT 0
);

CREATE TABLE search_documents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
    -- Without a reference: a project may store documents of videos that the platform does not know.
    video_id   uuid NOT NULL,
    -- Of the video when this was made from it, or stored beside it; 0 for an unknown video.
    version    integer NOT NULL,
    is_given   boolean NOT NULL,
    category   text NOT NULL CHECK (category IN ('tutorial', 'webinar', 'showcase', 'demo', 'other')),
    duration   integer,
    author_key text NOT NULL,
    tag_keys   text[] NOT NULL,
    -- Of all that is shown or searched: what reconciliation compares.
    checksum   bytea NOT NULL,
    -- Of what vectors are made from: those of another text are out of date.
    text_hash  bytea NOT NULL,
    indexed_at timestamptz NOT NULL,
    UNIQUE (project_id, video_id)
);
CREATE INDEX search_documents_video ON search_documents (video_id);
CREATE INDEX search_documents_category ON search_documents (project_id, category);
CREATE INDEX search_documents_duration ON search_documents (project_id, duration);
CREATE INDEX search_documents_author ON search_documents (project_id, author_key);
CREATE INDEX search_documents_tags ON search_documents USING gin (tag_keys);

CREATE TABLE search_sources (
    document_id   bigint PRIMARY KEY REFERENCES search_documents ON DELETE CASCADE,
    title         text NOT NULL,
    description   text NOT NULL,
    author        text NOT NULL,
    tags          text[] NOT NULL,
    thumbnail_url text,
    created_at    timestamptz NOT NULL
);

CREATE TABLE search_texts (
    document_id bigint PRIMARY KEY REFERENCES search_documents ON DELETE CASCADE,
    project_id  uuid NOT NULL,
    language    text NOT NULL,
    -- Stems: title A, description B, tags C.
    words       tsvector NOT NULL,
    title_words tsvector NOT NULL,
    -- The words as they are written, each once: what spelling is corrected to and typing is completed to.
    spelled     text[] NOT NULL,
    length      integer NOT NULL
);
CREATE INDEX search_texts_words ON search_texts USING gin (words);
CREATE INDEX search_texts_title ON search_texts USING gin (title_words);

-- In how many texts of a project each stem and each written word is.
CREATE TABLE search_terms (
    project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('stem', 'word')),
    term       text NOT NULL COLLATE "C",
    documents  integer NOT NULL,
    PRIMARY KEY (project_id, kind, term)
);

-- What is left of a word's first seven letters without one or two of them (Garbe's symmetric deletes), as
-- numbers that belong to one project: words that share one are at most some letters apart.
CREATE FUNCTION search_stumps(project uuid, word text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
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
CREATE INDEX search_terms_stumps ON search_terms USING gin (search_stumps(project_id, term))
    WHERE kind = 'word';

CREATE FUNCTION search_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION search_count_added();

CREATE FUNCTION search_count_removed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION search_count_removed();

-- Which models have made vectors. One of each role serves; a new one is built beside it first.
CREATE TABLE search_models (
    id         smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role       text NOT NULL CHECK (role IN ('main', 'multilingual')),
    name       text NOT NULL,
    sha256     text NOT NULL,
    dimensions integer NOT NULL,
    state      text NOT NULL CHECK (state IN ('building', 'serving')),
    UNIQUE (role, name, sha256, dimensions)
);
CREATE UNIQUE INDEX search_models_serving ON search_models (role) WHERE state = 'serving';

-- The vector of each field: the title, each part of the description, the tags.
CREATE TABLE search_vectors (
    document_id bigint NOT NULL REFERENCES search_documents ON DELETE CASCADE,
    model_id    smallint NOT NULL REFERENCES search_models ON DELETE CASCADE,
    field       text NOT NULL CHECK (field IN ('title', 'description', 'tags')),
    part        smallint NOT NULL,
    embedding   halfvec NOT NULL,
    PRIMARY KEY (document_id, model_id, field, part)
);
ALTER TABLE search_vectors ALTER COLUMN embedding SET STORAGE PLAIN;

-- One vector a document, the weighted mean of its fields: its product with a query's is the weighted mean of
-- the fields' cosines. It finds candidates, through an HNSW index for each model.
CREATE TABLE search_summaries (
    document_id bigint NOT NULL REFERENCES search_documents ON DELETE CASCADE,
    model_id    smallint NOT NULL REFERENCES search_models ON DELETE CASCADE,
    text_hash   bytea NOT NULL,
    embedding   halfvec NOT NULL,
    PRIMARY KEY (document_id, model_id)
);
ALTER TABLE search_summaries ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE INDEX search_summaries_model ON search_summaries (model_id);

CREATE FUNCTION search_add_model_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.dimensions <= 4000 THEN
        EXECUTE format(
            'CREATE INDEX %I ON search_summaries USING hnsw ((embedding::halfvec(%s)) halfvec_ip_ops) '
            'WITH (m = 16, ef_construction = 100) WHERE model_id = %s',
            'search_nearest_' || NEW.id, NEW.dimensions, NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER search_models_index AFTER INSERT ON search_models
    FOR EACH ROW EXECUTE FUNCTION search_add_model_index();

CREATE FUNCTION search_drop_model_index() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP INDEX IF EXISTS %I', 'search_nearest_' || OLD.id);
    RETURN NULL;
END $$;
CREATE TRIGGER search_models_index_gone AFTER DELETE ON search_models
    FOR EACH ROW EXECUTE FUNCTION search_drop_model_index();

-- Documents of a project under filters, at most so many. A plan for each call: which index is right depends
-- on the values.
CREATE FUNCTION search_matching(
    project uuid, wanted_category text, shortest integer, longest integer, wanted_author text,
    wanted_tags text[], condition tsquery, showcases uuid[], at_most integer
) RETURNS TABLE (document_id bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
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

-- The same, of those that hold certain words; those that hold them in the title come first.
CREATE FUNCTION search_holding(
    project uuid, wanted_category text, shortest integer, longest integer, wanted_author text,
    wanted_tags text[], condition tsquery, showcases uuid[], held tsquery, in_title boolean, at_most integer
) RETURNS TABLE (document_id bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
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

-- The nearest documents of a project to a vector under filters, through the model's HNSW index. The index
-- goes on looking until enough of them pass the filters.
CREATE FUNCTION search_nearest(
    project uuid, wanted_category text, shortest integer, longest integer, wanted_author text,
    wanted_tags text[], condition tsquery, showcases uuid[],
    model smallint, dimensions integer, query real[], at_most integer
) RETURNS TABLE (document_id bigint, similarity float8)
LANGUAGE plpgsql STABLE
SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
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
END $$;

-- How often was searched, and how often nothing was found. No query, no caller.
CREATE TABLE search_figures (
    project_id uuid NOT NULL REFERENCES projects ON DELETE CASCADE,
    day        date NOT NULL,
    mode       text NOT NULL CHECK (mode IN ('hybrid', 'text')),
    searches   bigint NOT NULL,
    empty      bigint NOT NULL,
    PRIMARY KEY (project_id, day, mode)
);

-- The nearest public videos to a vector, of all projects: what recommendations begin with. Documents that
-- somebody has stored himself are left out: nobody may say under what a video is recommended.
CREATE FUNCTION search_nearest_public(model smallint, dimensions integer, query real[], at_most integer)
RETURNS TABLE (video_id uuid, cosine float8)
LANGUAGE plpgsql STABLE
SET enable_sort = off SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
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
END $$;
