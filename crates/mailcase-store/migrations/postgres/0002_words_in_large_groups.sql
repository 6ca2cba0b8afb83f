-- SQLite only: GIN gathers new words by itself (fastupdate).
SELECT 1;
