"""Finds code of a dependency that acts against its user, by what flows where, at import and when it is called."""
