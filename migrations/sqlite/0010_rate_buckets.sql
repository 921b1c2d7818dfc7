-- Nothing: a folder has one host, which keeps in memory how often callers asked lately.
SELECT 1;
