#!/usr/bin/python3
"""Pre-train a masked auto-encoder on Fashion-MNIST: CSV manifest and log; the loss is the mean over the masked patches.

A visit uses two views of an image with different masks, and logs the loss of each: --duplicates mean."""
import csv

import numpy as np
import torch
from torch import nn

import loop
from classification import fashion, tensor

SIDE, VIEWS = 28, 2
WIDTH, NARROW = 64, 32


def patches(images, patch):     # [n, 28, 28] -> [n, 49, 16], with patches of 4x4 pixels
    n, row = len(images), SIDE // patch
    return images.reshape(n, row, patch, row, patch).transpose(2, 3).reshape(n, row * row, patch * patch)


def block(width, heads):
    return nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, batch_first=True, norm_first=True)


class Net(nn.Module):
    def __init__(self, patch):
        super().__init__()
        self.count = (SIDE // patch) ** 2
        self.seen = self.count // 4         # a quarter of the patches
        self.embed, self.place = nn.Linear(patch * patch, WIDTH), nn.Parameter(torch.randn(self.count, WIDTH) * 0.02)
        self.encoder = nn.ModuleList(block(WIDTH, 2) for _ in range(2))
        self.narrow, self.hidden = nn.Linear(WIDTH, NARROW), nn.Parameter(torch.zeros(NARROW))
        self.where = nn.Parameter(torch.randn(self.count, NARROW) * 0.02)
        self.decoder, self.pixels = block(NARROW, 1), nn.Linear(NARROW, patch * patch)

    def features(self, x, seen):
        h = torch.gather(self.embed(x) + self.place, 1, seen[..., None].expand(-1, -1, WIDTH))
        for layer in self.encoder:
            h = layer(h)
        return h

    def forward(self, x, order):
        """The pixels of the patches order[:, seen:], predicted from the patches order[:, :seen]."""
        h = self.narrow(self.features(x, order[:, :self.seen]))
        h = torch.cat([h, self.hidden.expand(len(x), self.count - self.seen, NARROW)], 1) + self.where[order]
        return self.pixels(self.decoder(h))[:, self.seen:]


class Pretraining:
    """Pre-train a masked auto-encoder; figure: test accuracy of a linear probe."""
    figure = "probe accuracy"
    manifest, prune, score, log = "train.csv", [], ["--duplicates", "mean"], "csv"
    terms, views = {"loss": 1.0}, VIEWS
    epochs, tiny_epochs, batch, rate = 16, 4, 64, 0.008
    samples, patch = 4000, 4

    def __init__(self, tiny=False, tune=False):
        n, m = (301, 301) if tiny else (self.samples, 10000)
        self.train, self.test = (
            (patches(tensor(images[:k]), self.patch), torch.from_numpy(labels[:k].astype(np.int64)))
            for (images, labels), k in zip(loop.parts(fashion, tune), (n, m)))

    def write(self, path):
        with open(path, "w") as out:
            out.write("id,row\n")
            for row in range(len(self.train[0])):
                out.write("fashion/%05d,%d\n" % (row, row))

    def read(self, path):
        with open(path, newline="") as rows:
            records = list(csv.DictReader(rows))
        return ([r["id"] for r in records], [float(r.get("weight", 1)) for r in records],
                torch.tensor([int(r["row"]) for r in records]))

    def model(self):
        return Net(self.patch)

    def optimizer(self, model, rate):
        return torch.optim.AdamW(model.parameters(), rate, betas=(0.9, 0.95), weight_decay=0.05)

    def losses(self, model, rows, i):
        x = self.train[0][rows[i]].repeat_interleave(VIEWS, 0)
        count, pixels = x.shape[1:]
        order = torch.rand(len(x), count).argsort(1)
        masked = torch.gather(x, 1, order[:, count // 4:, None].expand(-1, -1, pixels))
        error = (model(x, order) - masked).square().mean(2)
        return {"loss": error.mean(1).reshape(-1, VIEWS)}

    def metric(self, model):
        """Ridge regression from the mean feature to the label, fitted on the training images."""
        model.eval()
        every = torch.arange(model.count)
        with torch.no_grad():
            (f, y), (g, z) = (
                (torch.cat([model.features(x, every.expand(len(x), model.count)).mean(1) for x in part.split(500)]), labels)
                for part, labels in (self.train, self.test))
        mean, deviation = f.mean(0), f.std(0) + 1e-6
        f, g = ((torch.cat([(h - mean) / deviation, torch.ones(len(h), 1)], 1)).double() for h in (f, g))
        w = torch.linalg.solve(f.T @ f + torch.eye(f.shape[1]).double(), f.T @ nn.functional.one_hot(y, 10).double())
        return float(((g @ w).argmax(1) == z).double().mean())


if __name__ == "__main__":
    loop.main(Pretraining)
