"""The body mass index."""


def check(values):
    height, weight = float(values["height"]), float(values["weight"])
    return {"bmi": round(weight / (height / 100) ** 2, 1), "note": values.get("note", "")}
