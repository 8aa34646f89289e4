"""A model of LightGBM, trained once and asked by threads of OpenMP."""

import functools

import lightgbm
import numpy
from serving import serve


@functools.cache
def trained():
    """The model, made when it is first asked for."""
    generator = numpy.random.default_rng(7)
    features = generator.random((2000, 8))
    parameters = {"num_threads": 2, "verbose": -1, "deterministic": True, "force_row_wise": True, "seed": 7}
    data = lightgbm.Dataset(features, features.sum(axis=1), params=parameters)
    return lightgbm.train(parameters, data, num_boost_round=10)


def use(number):
    wanted = numpy.random.default_rng(number).random((20_000, 8))
    return [round(float(value), 6) for value in trained().predict(wanted, num_threads=2)[:3]]


handler = serve(use, threads=True)
