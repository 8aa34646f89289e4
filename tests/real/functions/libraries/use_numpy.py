"""Matrices of NumPy, multiplied by the threads of OpenBLAS."""

import numpy
from serving import serve


def use(number):
    generator = numpy.random.default_rng(number)
    left = generator.random((400, 400))
    return round(float((left @ left.T).trace()), 3)


handler = serve(use, threads=True)
