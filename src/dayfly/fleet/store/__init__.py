"""The fleet's store: ClickHouse, embedded in a folder or behind a URL, and the SQL files that run on it."""
