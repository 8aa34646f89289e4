"""SeBS's `graph-pagerank`: ten rounds of PageRank, in pure Python."""

from graphs import attached

GRAPH = attached(1_500, 5, seed=11)
DAMPING = 0.85


def handler(event, context):
    count = len(GRAPH)
    rank = [1.0 / count] * count
    rank[event["number"] % count] = 2.0 / count
    for _ in range(10):
        shared = [rank[node] / len(GRAPH[node]) for node in range(count)]
        rank = [
            (1 - DAMPING) / count + DAMPING * sum(shared[neighbour] for neighbour in GRAPH[node])
            for node in range(count)
        ]
    best = max(range(count), key=rank.__getitem__)
    return {"best": best, "rank": round(rank[best], 9)}
