"""Functions and requests that do nothing wrong: whatever a protection refuses or reports of them is collateral."""
