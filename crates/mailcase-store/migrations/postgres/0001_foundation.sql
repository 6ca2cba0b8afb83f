-- People: who may do what.
CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    next_case_number BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at BIGINT NOT NULL
);
CREATE INDEX users_by_organization ON users (organization_id, username_folded);

CREATE TABLE setup (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    token_hash BYTEA NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    permissions TEXT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_by_user ON api_tokens (user_id, id);

-- Values sealed under the master key that belong to no other table: the canary that proves the key.
CREATE TABLE seals (
    name TEXT NOT NULL PRIMARY KEY,
    ciphertext BYTEA NOT NULL
);

-- Connectors.
CREATE TABLE connectors (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    api_name TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    origin TEXT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    activated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL DEFAULT 0,
    fence BIGINT NOT NULL DEFAULT 0,
    status_state TEXT NOT NULL DEFAULT 'starting',
    last_success_at BIGINT,
    last_error TEXT,
    next_poll_at BIGINT
);
CREATE UNIQUE INDEX connectors_api_name ON connectors (organization_id, api_name) WHERE deleted_at IS NULL;

CREATE TABLE connector_secrets (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    name TEXT NOT NULL,
    ciphertext BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (connector_id, name)
);

CREATE TABLE connector_folders (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    folder TEXT NOT NULL,
    cursor TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (connector_id, folder)
);

CREATE TABLE connector_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    event TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX connector_log_by_connector ON connector_log (connector_id, id);

-- Evidence. A blob is durable in the blob store before a row names it.
CREATE TABLE blobs (
    hash BYTEA NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    location TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_rank BIGINT NOT NULL,
    owner_id TEXT REFERENCES users (id),
    acl TEXT NOT NULL,
    message_count BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (organization_id, number)
);
CREATE INDEX cases_by_update ON cases (organization_id, updated_at, id);
CREATE INDEX cases_by_creation ON cases (organization_id, created_at, id);
CREATE INDEX cases_by_severity ON cases (organization_id, severity_rank, id);

CREATE TABLE case_tags (
    case_id TEXT NOT NULL REFERENCES cases (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (case_id, tag)
);

CREATE TABLE timeline (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX timeline_by_case ON timeline (case_id, id);

CREATE TABLE messages (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    hash BYTEA NOT NULL REFERENCES blobs (hash),
    size BIGINT NOT NULL,
    state TEXT NOT NULL,
    fence BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    parser_version BIGINT,
    subject TEXT,
    from_name TEXT,
    from_address TEXT,
    to_text TEXT,
    sent_at BIGINT,
    received_at BIGINT NOT NULL,
    message_id_norm TEXT,
    same_id_other_content BIGINT NOT NULL DEFAULT 0 CHECK (same_id_other_content IN (0, 1)),
    automatic TEXT,
    attachment_count BIGINT NOT NULL DEFAULT 0,
    indicator_count BIGINT NOT NULL DEFAULT 0,
    defect_count BIGINT NOT NULL DEFAULT 0,
    case_id TEXT REFERENCES cases (id),
    reason TEXT,
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    UNIQUE (organization_id, hash)
);
CREATE INDEX messages_by_arrival ON messages (organization_id, received_at, id);
CREATE INDEX messages_by_message_id ON messages (organization_id, message_id_norm) WHERE message_id_norm IS NOT NULL;
CREATE INDEX messages_by_case ON messages (case_id, received_at, id) WHERE case_id IS NOT NULL;
CREATE INDEX messages_waiting ON messages (lease_until) WHERE state = 'stored';
CREATE INDEX messages_set_aside ON messages (organization_id, received_at, id) WHERE state = 'needs_attention';

-- Which Message-IDs a message answers, so that a message that comes after its answer finds its case.
CREATE TABLE message_answers (
    organization_id TEXT NOT NULL,
    answered_id TEXT NOT NULL,
    message_seq BIGINT NOT NULL,
    PRIMARY KEY (organization_id, answered_id, message_seq)
);

CREATE TABLE message_evidence (
    message_seq BIGINT NOT NULL PRIMARY KEY REFERENCES messages (seq),
    parser_version BIGINT NOT NULL,
    body BYTEA NOT NULL
);

CREATE TABLE attachments (
    message_seq BIGINT NOT NULL REFERENCES messages (seq),
    path TEXT NOT NULL,
    name TEXT,
    safe_name TEXT,
    content_type TEXT NOT NULL,
    sniffed_type TEXT,
    size BIGINT NOT NULL,
    md5 TEXT,
    sha1 TEXT,
    sha256 TEXT,
    PRIMARY KEY (message_seq, path)
);

-- Found by the start of SHA-256 over organization, kind and value; numbered, so that sightings stay small and new
-- ones are written side by side.
CREATE TABLE indicators (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL
);

-- Which message an indicator was seen in; where in it, the evidence tells.
CREATE TABLE sightings (
    message_seq BIGINT NOT NULL,
    indicator_id BIGINT NOT NULL,
    PRIMARY KEY (message_seq, indicator_id)
);
CREATE INDEX sightings_by_indicator ON sightings (indicator_id, message_seq);

-- The words of a message, folded by the program.
CREATE TABLE message_words (
    message_seq BIGINT NOT NULL PRIMARY KEY,
    words TSVECTOR NOT NULL
);
CREATE INDEX message_words_index ON message_words USING gin (words);

-- The ledger: every remote message ever listed, under its remote identity.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    folder TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id TEXT REFERENCES messages (id),
    remote_size BIGINT,
    remote_received BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_try_at BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    ack_attempts BIGINT NOT NULL DEFAULT 0,
    ack_next_try_at BIGINT NOT NULL DEFAULT 0,
    ack_error TEXT,
    discovered_at BIGINT NOT NULL,
    stored_at BIGINT,
    acknowledged_at BIGINT,
    UNIQUE (connector_id, folder, remote_id)
);
CREATE INDEX deliveries_by_message ON deliveries (message_id, id) WHERE message_id IS NOT NULL;
CREATE INDEX deliveries_to_fetch ON deliveries (connector_id, folder, id) WHERE state = 'discovered';
CREATE INDEX deliveries_to_acknowledge ON deliveries (connector_id, id) WHERE state = 'stored';
CREATE INDEX deliveries_set_aside ON deliveries (connector_id, id) WHERE state = 'needs_attention';
CREATE INDEX deliveries_by_storing ON deliveries (connector_id, stored_at) WHERE stored_at IS NOT NULL;

-- What an operator must see.
CREATE TABLE alarms (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    cleared_at BIGINT
);
CREATE UNIQUE INDEX alarms_standing ON alarms (connector_id, kind) WHERE cleared_at IS NULL;
CREATE INDEX alarms_by_organization ON alarms (organization_id, id);

CREATE TABLE accountings (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    at BIGINT NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (connector_id, at)
);

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id TEXT REFERENCES organizations (id),
    at BIGINT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    action TEXT NOT NULL,
    target TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_organization ON audit (organization_id, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END
$$;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_is_never_truncated BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
