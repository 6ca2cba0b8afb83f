-- Access to a mailbox a person granted at its provider, until it is withdrawn.
CREATE TABLE grants (
    connector_id TEXT NOT NULL PRIMARY KEY REFERENCES connectors (id),
    refresh_token BYTEA NOT NULL,
    account TEXT,
    granted_by TEXT,
    granted_at BIGINT NOT NULL
);

-- Grants that were begun: the person's browser is at the provider.
CREATE TABLE pending_grants (
    state_hash BYTEA NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    verifier BYTEA NOT NULL,
    redirect_url TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX pending_grants_by_session ON pending_grants (session_id);
