-- Which mailbox a connector has been reading, as its settings name it: under other settings the identities of its ledger mean
-- nothing. And from when on mail is taken in the one it was pointed at later, read or not.
ALTER TABLE connectors ADD COLUMN mailbox TEXT;
ALTER TABLE connectors ADD COLUMN mailbox_since BIGINT;
