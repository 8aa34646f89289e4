"""SciPy's solvers and transforms, which load modules when they are first named."""

import numpy
import scipy
from serving import serve


def use(number):
    generator = numpy.random.default_rng(number)
    square = generator.random((300, 300)) + 300 * numpy.eye(300)
    solution = scipy.linalg.solve(square, generator.random(300))
    spectrum = scipy.fft.fft(generator.random((64, 4096)), workers=2)
    least = scipy.optimize.minimize(lambda at: ((at - number) ** 2).sum(), numpy.zeros(3))
    return {
        "solution": round(float(numpy.abs(solution).sum()), 6),
        "spectrum": round(float(numpy.abs(spectrum).sum()), 2),
        "least": [round(float(value), 2) for value in least.x],
    }


handler = serve(use, threads=True)
