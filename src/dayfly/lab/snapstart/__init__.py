"""SnapStart: versions are initialised when they are published, held there, and restored for each environment."""
