def run(city="Cork", **_):
    return f"It's mild in {city}"
