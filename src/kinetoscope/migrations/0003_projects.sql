-- Projects: what search is scoped to. Every account has one named "default".

CREATE TABLE projects (
    id          uuid PRIMARY KEY,
    owner_id    uuid NOT NULL REFERENCES accounts,
    name        text NOT NULL,
    -- What names are compared by: the lower-case form, unique for each owner.
    name_key    text NOT NULL,
    description text NOT NULL DEFAULT '',
    is_default  boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    UNIQUE (owner_id, name_key)
);
CREATE UNIQUE INDEX projects_default ON projects (owner_id) WHERE is_default;
CREATE INDEX projects_newest ON projects (owner_id, created_at DESC, id DESC);
