NAME = "never"
