-- What an organization says of its own mail: domains, people, servers, and whether the DNS may be asked.
CREATE TABLE origin_settings (
    organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
    -- Raised by every change.
    revision BIGINT NOT NULL,
    settings TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT
);
