"""Cleaning."""


def strip(rows):
    """Without spaces at the ends."""
    return [
        {key: value.strip() if isinstance(value, str) else value for key, value in row.items()}
        for row in rows
    ]


def drop_empty(rows):
    """Without empty rows."""
    return [row for row in rows if any(row.values())]
