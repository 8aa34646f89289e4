"""Stands for a library whose clients take long to make."""


class Client:
    def __init__(self, table):
        self.table = table
        self.model = sum(number * number for number in range(400_000))

    def put(self, item):
        return len(item)
