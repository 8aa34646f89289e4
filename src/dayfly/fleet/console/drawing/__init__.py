"""Geometry of the charts that are drawn on the server; templates turn it into SVG."""
