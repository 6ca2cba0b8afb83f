-- Regular expressions of an organization, run over its mail.
CREATE TABLE patterns (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- As people wrote it; the lower case of it is unique.
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    expression TEXT NOT NULL,
    ignore_case INTEGER NOT NULL CHECK (ignore_case IN (0, 1)),
    looks_at TEXT NOT NULL,
    gives TEXT NOT NULL,
    -- Run over new mail.
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT,
    UNIQUE (organization_id, name_key)
) STRICT;
-- Raised whenever one of them changes.
ALTER TABLE organizations ADD COLUMN pattern_generation INTEGER NOT NULL DEFAULT 0;
