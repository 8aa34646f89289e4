"""What the engine knows of libraries: sources, sinks, cleansers and results, as tables."""
