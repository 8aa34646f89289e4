"""The pages, one file per family: they take filters from the query string, ask the read models and render."""
