#!/usr/bin/python3
"""Classify Fashion-MNIST: one loss per sample, JSON Lines. Figure: test accuracy."""
import gzip
import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import loop

FOLDER = "/usr/share/datasets/fashion-mnist"    # Debian's dataset-fashion-mnist


def fashion(part):
    """Images [n, 28, 28] of bytes and labels [n] of "train" or "t10k"."""
    with gzip.open("%s/%s-images-idx3-ubyte.gz" % (FOLDER, part)) as f:
        images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open("%s/%s-labels-idx1-ubyte.gz" % (FOLDER, part)) as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    return images, labels


def tensor(images):
    return (torch.from_numpy(images.copy()).float() / 255 - 0.2860) / 0.3530     # mean and deviation of the train set


class Classification:
    """Classify Fashion-MNIST; figure: test accuracy."""
    figure = "test accuracy"
    manifest, prune, score, log = "train.jsonl", [], [], "json"
    terms, views = {"loss": 1.0}, 1
    epochs, tiny_epochs, batch, rate = 12, 4, 128, 0.1

    def __init__(self, tiny=False, tune=False):
        images, labels, rows = self.data()
        if tune:
            test, answers = fashion("train")
            aside = loop.aside(len(test))
            images, labels, test, answers = images[~aside[rows]], labels[~aside[rows]], test[aside], answers[aside]
        else:
            test, answers = fashion("t10k")
        if tiny:
            images, labels, test, answers = images[:601], labels[:601], test[:500], answers[:500]
        self.x, self.y = tensor(images).unsqueeze(1), torch.from_numpy(labels.astype(np.int64))
        self.test, self.answers = tensor(test).unsqueeze(1), torch.from_numpy(answers.astype(np.int64))

    def data(self):
        """Images, labels, and their row numbers in the original training set."""
        images, labels = fashion("train")
        return images, labels, np.arange(len(labels))

    def write(self, path):
        with open(path, "w") as out:
            for row in range(len(self.y)):
                out.write('{"id":"fashion/%05d","row":%d,"label":%d}\n' % (row, row, self.y[row]))

    def read(self, path):
        with open(path) as lines:
            records = [json.loads(line) for line in lines]
        return ([r["id"] for r in records], [r.get("weight", 1.0) for r in records],
                torch.tensor([r["row"] for r in records]))

    def model(self):
        return nn.Sequential(nn.Conv2d(1, 16, 5, 2, 2), nn.ReLU(), nn.Conv2d(16, 32, 5, 2, 2), nn.ReLU(), nn.Flatten(),
                             nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 10))

    def optimizer(self, model, rate):
        return torch.optim.SGD(model.parameters(), rate, momentum=0.9, weight_decay=5e-4)

    def losses(self, model, rows, i):
        k = rows[i]
        return {"loss": F.cross_entropy(model(self.x[k]), self.y[k], reduction="none")}

    def metric(self, model):
        model.eval()
        with torch.no_grad():
            right = sum(int((model(x).argmax(1) == y).sum())
                        for x, y in zip(self.test.split(1000), self.answers.split(1000)))
        return right / len(self.answers)


if __name__ == "__main__":
    loop.main(Classification)
