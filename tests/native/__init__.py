"""Tests of the native supervisor and launcher."""
