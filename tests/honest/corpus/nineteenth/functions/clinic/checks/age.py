"""Age on a day."""

from datetime import date


def check(values):
    born, day = date.fromisoformat(values["born"]), date.fromisoformat(values["day"])
    return {"age": day.year - born.year - ((day.month, day.day) < (born.month, born.day))}
