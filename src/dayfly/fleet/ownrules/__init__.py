"""Users' own rules: SQL that may only read the fleet's tables, and Sigma rules made into such SQL."""
