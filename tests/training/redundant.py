#!/usr/bin/python3
"""Classify a redundant version of Fashion-MNIST.

There are 60,000 samples: 1,200 of each of five hard classes, and the others of the five easy classes. Of the others,
24,000 are copies that are shifted by up to two pixels. The test set is unchanged."""
import numpy as np

import loop
from classification import Classification, fashion

HARD = 0, 2, 3, 4, 6        # t-shirt, pullover, dress, coat, shirt


class Redundant(Classification):
    """Classify redundant Fashion-MNIST; figure: test accuracy."""
    epochs = 16

    def data(self):
        images, labels = fashion("train")
        draw = np.random.default_rng(0)
        hard = np.concatenate([np.flatnonzero(labels == c)[:1200] for c in HARD])
        easy = np.flatnonzero(~np.isin(labels, HARD))
        copied = draw.choice(easy, 24000, replace=False)
        moved = np.zeros((len(copied), 28, 28), np.uint8)
        for out, k, (dy, dx) in zip(moved, copied, draw.integers(-2, 3, size=(len(copied), 2))):
            out[max(dy, 0):28 + dy, max(dx, 0):28 + dx] = \
                images[k][max(-dy, 0):28 - dy, max(-dx, 0):28 - dx]
        rows = np.concatenate([hard, easy, copied])
        order = draw.permutation(len(rows))     # --tiny takes the first
        whole = np.concatenate([images[hard], images[easy], moved])
        return whole[order], labels[rows[order]], rows[order]


if __name__ == "__main__":
    loop.main(Redundant)
