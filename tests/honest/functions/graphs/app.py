"""Routes through a graph: networkx writes each function of its own anew when it is first called."""

import networkx


def handler(event, context):
    graph = networkx.DiGraph()
    graph.add_edges_from(event["edges"], label=event["text"])
    start, end = event["edges"][0][0], event["edges"][-1][1]
    return {
        "order": list(networkx.topological_sort(graph)),
        "path": networkx.shortest_path(graph, start, end),
        "parts": [sorted(part) for part in networkx.weakly_connected_components(graph)],
        "labels": sorted(set(networkx.get_edge_attributes(graph, "label").values())),
    }
