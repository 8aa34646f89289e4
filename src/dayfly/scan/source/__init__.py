"""What is scanned, as bounded, decoded, parsed files; nothing of it is imported or run."""
