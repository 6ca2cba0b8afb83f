-- Keys that encrypted mail is read with: as the file that was uploaded and its password, both sealed.
CREATE TABLE decryption_keys (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- Read with for the mail of this connector alone; without one, for all of the organization's.
    connector_id TEXT REFERENCES connectors (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    facts TEXT NOT NULL,
    file BYTEA NOT NULL,
    password BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT
);
CREATE UNIQUE INDEX decryption_keys_once
    ON decryption_keys (organization_id, COALESCE(connector_id, ''), fingerprint);
