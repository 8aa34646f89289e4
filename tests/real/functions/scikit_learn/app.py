"""Models fitted at import, with OpenMP and with joblib's threads, and asked in every invocation."""

import numpy
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier

generator = numpy.random.default_rng(7)
features = generator.random((1500, 6))
targets = features.sum(axis=1)
boosting = HistGradientBoostingRegressor(max_iter=15, random_state=7).fit(features, targets)
forest = RandomForestClassifier(20, n_jobs=2, random_state=7).fit(features[:400], targets[:400] > 3)
clusters = KMeans(4, n_init=1, random_state=7).fit(features)
boosting.predict(features)


def handler(event, context):
    wanted = features[event["n"] : event["n"] + 5]
    if event["fail"]:
        wanted = wanted[:, :2]
    return {
        "boosting": [round(float(value), 6) for value in boosting.predict(wanted)],
        "forest": [bool(value) for value in forest.predict(wanted)],
        "clusters": [int(value) for value in clusters.predict(wanted)],
    }
