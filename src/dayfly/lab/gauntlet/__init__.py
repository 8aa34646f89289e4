"""Measures what stops an attacker from outliving his invocation: every attack against every protection."""
