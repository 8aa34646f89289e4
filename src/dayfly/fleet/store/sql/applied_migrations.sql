SELECT DISTINCT name FROM migrations ORDER BY name
