"""A session of onnxruntime with a pool of threads, for a model of one node."""

import functools

import numpy
import onnxruntime
from serving import serve


def field(number, content):
    """A field of a protocol buffer: a text, or a number that fits into seven bits."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def value(name):
    """A vector of floats of any length."""
    dimension = field(1, field(2, b"N"))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimension)))


NODE = field(1, b"x") + field(2, b"y") + field(4, b"Sigmoid")
GRAPH = field(1, NODE) + field(2, b"g") + field(11, value(b"x")) + field(12, value(b"y"))
MODEL = field(1, 8) + field(7, GRAPH) + field(8, field(2, 13))


@functools.cache
def session():
    """The session, made when it is first asked for."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])


def use(number):
    (found,) = session().run(None, {"x": numpy.linspace(-1, number, 200_000, dtype=numpy.float32)})
    return [round(float(found.sum()), 1), len(found)]


handler = serve(use, threads=True)
