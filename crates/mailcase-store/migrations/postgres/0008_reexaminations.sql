-- Keys are kept open: nobody needs the password again.
ALTER TABLE decryption_keys DROP COLUMN password;
-- Raised whenever a key comes or goes: what was examined with the keys of an earlier number may miss one.
ALTER TABLE organizations ADD COLUMN key_generation BIGINT NOT NULL DEFAULT 0;

-- Some of it is encrypted to a key that was not there. Messages an older parser looked at are not marked: examining
-- them again does that.
ALTER TABLE messages ADD COLUMN needs_key BIGINT NOT NULL DEFAULT 0 CHECK (needs_key IN (0, 1));
CREATE INDEX messages_needing_key ON messages (organization_id, received_at, id) WHERE needs_key = 1;
CREATE INDEX messages_by_parser ON messages (organization_id, parser_version) WHERE state = 'decided';

-- Stored messages examined again: a job that any process takes up where another left it.
CREATE TABLE reexaminations (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    scope TEXT NOT NULL,
    -- The mail of this connector alone; without one, all of the organization's.
    connector_id TEXT REFERENCES connectors (id),
    state TEXT NOT NULL,
    -- Number of the last message that is done, and of the last one meant.
    done_seq BIGINT NOT NULL DEFAULT 0,
    last_seq BIGINT NOT NULL,
    total BIGINT NOT NULL,
    examined BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    opened BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    changes TEXT NOT NULL,
    last_error TEXT,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL DEFAULT 0,
    -- Holders in a row that ended without a message done: what they met may have ended their process.
    interruptions BIGINT NOT NULL DEFAULT 0,
    requested_by TEXT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX reexaminations_by_organization ON reexaminations (organization_id, id);
CREATE INDEX reexaminations_to_do ON reexaminations (lease_until) WHERE ended_at IS NULL;

-- What a re-examination changed or could not examine: the first of them.
CREATE TABLE reexamined_messages (
    reexamination_id TEXT NOT NULL REFERENCES reexaminations (id),
    message_seq BIGINT NOT NULL REFERENCES messages (seq),
    changes TEXT,
    error TEXT,
    PRIMARY KEY (reexamination_id, message_seq)
);
