"""Retires every environment of a function by the means AWS honours, and proves from logs that they are gone."""
