"""A report as text, JSON, SARIF 2.1.0 and HTML; baselines, suppressions and differences."""
