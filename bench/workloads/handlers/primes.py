"""FaaSProfiler's `primes-python`: primes by trial division, integers only."""


def handler(event, context):
    limit = 4_000 + event["number"] % 10
    found = []
    for candidate in range(2, limit):
        for prime in found:
            if prime * prime > candidate:
                found.append(candidate)
                break
            if candidate % prime == 0:
                break
        else:
            found.append(candidate)
    return {"count": len(found), "last": found[-1]}
