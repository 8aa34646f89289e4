"""Work given to joblib, which does it one by one where there are no semaphores, as on Lambda."""

import functools

import joblib
from serving import serve


def price(number):
    return sum(index * number for index in range(20_000))


@functools.cache
def parallel():
    """The pool, made when it is first asked for."""
    return joblib.Parallel(n_jobs=2, backend="threading").__enter__()


def use(number):
    return parallel()(joblib.delayed(price)(number + index) for index in range(6))


handler = serve(use)
