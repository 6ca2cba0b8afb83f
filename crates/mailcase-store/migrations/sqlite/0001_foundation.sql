-- People: who may do what.
CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    next_case_number INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    username TEXT NOT NULL,
    username_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_organization ON users (organization_id, username_folded);

CREATE TABLE setup (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    token_hash BLOB NOT NULL UNIQUE,
    csrf_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    permissions TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX api_tokens_by_user ON api_tokens (user_id, id);

-- Values sealed under the master key that belong to no other table: the canary that proves the key.
CREATE TABLE seals (
    name TEXT NOT NULL PRIMARY KEY,
    ciphertext BLOB NOT NULL
) STRICT;

-- Connectors.
CREATE TABLE connectors (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    api_name TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    origin TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    created_at INTEGER NOT NULL,
    activated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    lease_owner TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    status_state TEXT NOT NULL DEFAULT 'starting',
    last_success_at INTEGER,
    last_error TEXT,
    next_poll_at INTEGER
) STRICT;
CREATE UNIQUE INDEX connectors_api_name ON connectors (organization_id, api_name) WHERE deleted_at IS NULL;

CREATE TABLE connector_secrets (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    name TEXT NOT NULL,
    ciphertext BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (connector_id, name)
) STRICT;

CREATE TABLE connector_folders (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    folder TEXT NOT NULL,
    cursor TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (connector_id, folder)
) STRICT;

CREATE TABLE connector_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    event TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX connector_log_by_connector ON connector_log (connector_id, id);

-- Evidence. A blob is durable in the blob store before a row names it.
CREATE TABLE blobs (
    hash BLOB NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    location TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    status TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_rank INTEGER NOT NULL,
    owner_id TEXT REFERENCES users (id),
    acl TEXT NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (organization_id, number)
) STRICT;
CREATE INDEX cases_by_update ON cases (organization_id, updated_at, id);
CREATE INDEX cases_by_creation ON cases (organization_id, created_at, id);
CREATE INDEX cases_by_severity ON cases (organization_id, severity_rank, id);

CREATE TABLE case_tags (
    case_id TEXT NOT NULL REFERENCES cases (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (case_id, tag)
) STRICT;

CREATE TABLE timeline (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_by_case ON timeline (case_id, id);

CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    hash BLOB NOT NULL REFERENCES blobs (hash),
    size INTEGER NOT NULL,
    state TEXT NOT NULL,
    fence INTEGER NOT NULL,
    lease_owner TEXT,
    lease_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    parser_version INTEGER,
    subject TEXT,
    from_name TEXT,
    from_address TEXT,
    to_text TEXT,
    sent_at INTEGER,
    received_at INTEGER NOT NULL,
    message_id_norm TEXT,
    same_id_other_content INTEGER NOT NULL DEFAULT 0 CHECK (same_id_other_content IN (0, 1)),
    automatic TEXT,
    attachment_count INTEGER NOT NULL DEFAULT 0,
    indicator_count INTEGER NOT NULL DEFAULT 0,
    defect_count INTEGER NOT NULL DEFAULT 0,
    case_id TEXT REFERENCES cases (id),
    reason TEXT,
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    UNIQUE (organization_id, hash)
) STRICT;
CREATE INDEX messages_by_arrival ON messages (organization_id, received_at, id);
CREATE INDEX messages_by_message_id ON messages (organization_id, message_id_norm) WHERE message_id_norm IS NOT NULL;
CREATE INDEX messages_by_case ON messages (case_id, received_at, id) WHERE case_id IS NOT NULL;
CREATE INDEX messages_waiting ON messages (lease_until) WHERE state = 'stored';
CREATE INDEX messages_set_aside ON messages (organization_id, received_at, id) WHERE state = 'needs_attention';

-- Which Message-IDs a message answers, so that a message that comes after its answer finds its case.
CREATE TABLE message_answers (
    organization_id TEXT NOT NULL,
    answered_id TEXT NOT NULL,
    message_seq INTEGER NOT NULL,
    PRIMARY KEY (organization_id, answered_id, message_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_evidence (
    message_seq INTEGER PRIMARY KEY REFERENCES messages (seq),
    parser_version INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE attachments (
    message_seq INTEGER NOT NULL REFERENCES messages (seq),
    path TEXT NOT NULL,
    name TEXT,
    safe_name TEXT,
    content_type TEXT NOT NULL,
    sniffed_type TEXT,
    size INTEGER NOT NULL,
    md5 TEXT,
    sha1 TEXT,
    sha256 TEXT,
    PRIMARY KEY (message_seq, path)
) STRICT, WITHOUT ROWID;

-- Found by the start of SHA-256 over organization, kind and value; numbered, so that sightings stay small and new
-- ones are written side by side.
CREATE TABLE indicators (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- Which message an indicator was seen in; where in it, the evidence tells.
CREATE TABLE sightings (
    message_seq INTEGER NOT NULL,
    indicator_id INTEGER NOT NULL,
    PRIMARY KEY (message_seq, indicator_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_by_indicator ON sightings (indicator_id, message_seq);

-- The words of a message, folded by the program; rowid is messages.seq.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words, content = '', detail = none, tokenize = 'unicode61 remove_diacritics 2'
);
-- Merge when sixteen segments have piled up, not four: a mailbox read in for the first time writes many.
INSERT INTO message_words (message_words, rank) VALUES ('automerge', 16);

-- The ledger: every remote message ever listed, under its remote identity.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    folder TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id TEXT REFERENCES messages (id),
    remote_size INTEGER,
    remote_received INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try_at INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    ack_attempts INTEGER NOT NULL DEFAULT 0,
    ack_next_try_at INTEGER NOT NULL DEFAULT 0,
    ack_error TEXT,
    discovered_at INTEGER NOT NULL,
    stored_at INTEGER,
    acknowledged_at INTEGER,
    UNIQUE (connector_id, folder, remote_id)
) STRICT;
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
    raised_at INTEGER NOT NULL,
    cleared_at INTEGER
) STRICT;
CREATE UNIQUE INDEX alarms_standing ON alarms (connector_id, kind) WHERE cleared_at IS NULL;
CREATE INDEX alarms_by_organization ON alarms (organization_id, id);

CREATE TABLE accountings (
    connector_id TEXT NOT NULL REFERENCES connectors (id),
    at INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (connector_id, at)
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT REFERENCES organizations (id),
    at INTEGER NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    action TEXT NOT NULL,
    target TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_organization ON audit (organization_id, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
