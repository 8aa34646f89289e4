"""Matrices multiplied at import, so that BLAS has its threads, and in every invocation."""

import numpy

generator = numpy.random.default_rng(7)
LEFT = generator.random((300, 300))
RIGHT = numpy.linalg.inv(LEFT @ LEFT.T + numpy.eye(300))


def handler(event, context):
    scaled = (LEFT * event["n"]) @ RIGHT
    if event["fail"]:
        numpy.linalg.inv(numpy.zeros((200, 200)))
    values = numpy.linalg.svd(scaled[:60, :60], compute_uv=False)
    return {"sum": round(float(scaled.sum()), 3), "largest": round(float(values[0]), 4)}
