NAME = "lazily"
