"""SeBS's `graph-bfs`: a breadth-first search over a graph made by preferential attachment, in pure Python."""

from collections import deque

from graphs import attached

GRAPH = attached(4_000, 5, seed=7)


def handler(event, context):
    start = event["number"] % len(GRAPH)
    distance = {start: 0}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for neighbour in GRAPH[node]:
            if neighbour not in distance:
                distance[neighbour] = distance[node] + 1
                waiting.append(neighbour)
    return {"reached": len(distance), "farthest": max(distance.values())}
