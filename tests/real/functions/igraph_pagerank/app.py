"""A graph of 10,000 vertices ranked at import and in every invocation: igraph's solver uses OpenMP."""

import random

import igraph

random.seed(7)
igraph.set_random_number_generator(random.Random(7))
graph = igraph.Graph.Erdos_Renyi(n=10_000, m=30_000)
RANKS = graph.pagerank()


def handler(event, context):
    ranks = (
        graph.personalized_pagerank(reset_vertices=[event["n"]]) if event["n"] % 5 == 0 else graph.pagerank()
    )
    if event["fail"]:
        graph.vs[10_000]
    best = max(range(len(ranks)), key=ranks.__getitem__)
    return {"best": best, "rank": round(ranks[best], 9), "first": round(RANKS[0], 9)}
