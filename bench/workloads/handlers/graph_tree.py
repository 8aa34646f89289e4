"""SeBS's `graph-mst`: a minimum spanning tree by Kruskal's algorithm, in pure Python."""

from graphs import attached

EDGES = [
    (left, right) for left, near in enumerate(attached(1_500, 5, seed=13)) for right in near if left < right
]


def handler(event, context):
    number = event["number"]
    parent = list(range(1_500))

    def root(node):
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    weight, used = 0, 0
    for cost, left, right in sorted(
        ((left * 31 + right * 17 + number) % 1_009, left, right) for left, right in EDGES
    ):
        one, other = root(left), root(right)
        if one != other:
            parent[one] = other
            weight, used = weight + cost, used + 1
    return {"weight": weight, "edges": used}
