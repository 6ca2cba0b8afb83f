-- Who uses the refresh token now, and until when nobody else may: a provider may take its second use for theft.
ALTER TABLE grants ADD COLUMN turn_of TEXT;
ALTER TABLE grants ADD COLUMN turn_until INTEGER NOT NULL DEFAULT 0;
