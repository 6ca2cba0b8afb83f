-- Regular expressions of an organization, run over its mail.
CREATE TABLE patterns (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- As people wrote it; the lower case of it is unique.
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    expression TEXT NOT NULL,
    ignore_case BIGINT NOT NULL CHECK (ignore_case IN (0, 1)),
    looks_at TEXT NOT NULL,
    gives TEXT NOT NULL,
    -- Run over new mail.
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT,
    UNIQUE (organization_id, name_key)
);
-- Raised whenever one of them changes.
ALTER TABLE organizations ADD COLUMN pattern_generation BIGINT NOT NULL DEFAULT 0;
