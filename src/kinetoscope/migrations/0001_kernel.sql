-- What every domain leans on: jobs, schedules, rate limits, answers kept for safe retries.

CREATE TABLE jobs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL,
    payload      jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'dead')),
    run_at       timestamptz NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    worker       text,
    leased_until timestamptz,
    last_error   text,
    created_at   timestamptz NOT NULL
);
-- In the order of claiming: a lane asks for several kinds at once.
CREATE INDEX jobs_waiting ON jobs (run_at, id, kind) WHERE state = 'waiting';
CREATE INDEX jobs_running ON jobs (leased_until) WHERE state = 'running';
CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';

CREATE TABLE schedules (
    name     text PRIMARY KEY,
    last_run timestamptz NOT NULL
);

-- Unlogged: after a crash of the server the limits begin anew, which is right for windows of a minute.
CREATE UNLOGGED TABLE rate_limits (
    key        bytea PRIMARY KEY,
    hits       timestamptz[] NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX rate_limits_expiry ON rate_limits (expires_at);

CREATE TABLE idempotency_keys (
    caller       text NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    started_at   timestamptz NOT NULL,
    lease        uuid NOT NULL,
    leased_until timestamptz NOT NULL,
    -- Set in the same commit as the request's effect: from then on it must not be carried out again.
    took_effect  boolean NOT NULL DEFAULT false,
    status       smallint,
    headers      jsonb,
    body         bytea,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (started_at);
