-- The other source of a connector: the one it may go on with, or the one it came from.
CREATE TABLE other_sources (
    connector_id TEXT NOT NULL PRIMARY KEY REFERENCES connectors (id),
    state TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    started_by TEXT,
    switched_at INTEGER,
    -- The last comparison of the two sources, how many there were, and how many of the last ones in a row agreed.
    comparison TEXT,
    compared_at INTEGER NOT NULL DEFAULT 0,
    comparisons INTEGER NOT NULL DEFAULT 0,
    agreements INTEGER NOT NULL DEFAULT 0
) STRICT;
