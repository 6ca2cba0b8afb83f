-- The words of a whole batch of messages are held in memory and written as one segment: fewer segments, fewer merges.
INSERT INTO message_words (message_words, rank) VALUES ('hashsize', 33554432);
