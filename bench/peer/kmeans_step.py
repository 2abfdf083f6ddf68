#!/usr/bin/env python3
"""The case of bench/kmeans_step.cc by scikit-learn's KMeans, as one line of JSON.

usage: kmeans_step.py ROWS COLS STEPS PEER
PEER: scikit-learn   as it comes: k-means++, then Lloyd's iterations
"""
import sys

from sklearn.cluster import KMeans

import inputs
from timed import report


def main():
    rows, cols, steps, _ = sys.argv[1:]
    context = inputs.normal_values(int(rows) * int(cols)).reshape(-1, 1)

    def step():
        return {f"bits {bits}": KMeans(2 ** bits, n_init="auto", random_state=1).fit(context).inertia_
                for bits in range(1, 5)}

    report("kmeans", step, int(steps))


if __name__ == "__main__":
    main()
