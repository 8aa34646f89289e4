def run(payload):
    return f"Hello {payload}!"
