"""FunctionBench's `linpack`: a system of linear equations solved by NumPy, and how far the solution is off."""

import numpy

SIZE = 200


def handler(event, context):
    random = numpy.random.default_rng(event["number"])
    matrix = random.random((SIZE, SIZE)) - 0.5
    wanted = matrix.sum(axis=1)
    solution = numpy.linalg.solve(matrix, wanted)
    return {"is_solved": bool(numpy.abs(solution - 1).max() < 1e-6)}
