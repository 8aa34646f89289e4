"""What runs every day."""


def clean(folder="old", days=7):
    return f"cleaned {folder} of {days} days"


def report(title="all", *names):
    return f"report {title}: {', '.join(map(str, names))}"
