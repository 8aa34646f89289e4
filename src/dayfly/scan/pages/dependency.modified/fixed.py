"""acme_format 1.4.1 as it was published."""


def price(cents):
    return f"{cents // 100}.{cents % 100:02d}"
