"""Dayfly measured against plain awslambdaric, alternating in one run: what docs/performance.md quotes."""
