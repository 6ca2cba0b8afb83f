-- How many runs of the connector in a row ended without giving the lease back, with no poll that went through between.
ALTER TABLE connectors ADD COLUMN interruptions BIGINT NOT NULL DEFAULT 0;
