"""The pages, one file per family: they read filters from the query string, query the read models and render."""
