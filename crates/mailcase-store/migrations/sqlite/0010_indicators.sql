-- Where an indicator points: its host, labels last to first with a dot behind each, so that what is below a domain is a
-- range; or the address it names, as sixteen bytes. Told by the program; rows from before are done when the store opens.
ALTER TABLE indicators ADD COLUMN host_key TEXT;
ALTER TABLE indicators ADD COLUMN address BLOB;
ALTER TABLE indicators ADD COLUMN located INTEGER NOT NULL DEFAULT 0 CHECK (located IN (0, 1));
CREATE INDEX indicators_by_age ON indicators (organization_id, id);
CREATE INDEX indicators_by_host ON indicators (organization_id, host_key, id) WHERE host_key IS NOT NULL;
CREATE INDEX indicators_by_address ON indicators (organization_id, address, id) WHERE address IS NOT NULL;
CREATE INDEX indicators_to_locate ON indicators (id) WHERE located = 0;

-- What the organization thinks of a value, of a domain with all below it, of a network. Of a value the hash is the
-- indicator's own, seen or not.
CREATE TABLE indicator_marks (
    hash BLOB NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scope TEXT NOT NULL,
    -- Of a value; domains and networks have none.
    kind TEXT,
    value TEXT NOT NULL,
    mark TEXT NOT NULL,
    note TEXT NOT NULL,
    marked_by TEXT,
    marked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX indicator_marks_by_time ON indicator_marks (organization_id, marked_at, hash);
CREATE INDEX indicator_marks_by_mark ON indicator_marks (organization_id, mark, marked_at, hash);
CREATE INDEX indicator_marks_wide ON indicator_marks (organization_id) WHERE scope <> 'value';
