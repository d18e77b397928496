#!/usr/bin/python3
"""Segment images composed of Fashion-MNIST objects: WebDataset tar, two heads; the loss is the mean over the pixels.

The losses of both heads are logged, and ib-score adds them as the trainer does: --loss 'main+0.4*aux'."""
import io
import tarfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import loop
from classification import fashion

SIDE, CLASSES = 32, 11      # ten kinds of clothes, and 0 for the background


def compose(images, labels, n, seed):
    """n scenes [n, 2, SIDE, SIDE] of bytes: two objects, the second in front; and the class of each pixel."""
    draw = np.random.default_rng(seed)
    out = np.zeros((n, 2, SIDE, SIDE), np.uint8)
    which = draw.integers(len(images), size=(n, 2))
    place = draw.integers(-6, SIDE - 28 + 7, size=(n, 2, 2))
    for scene in range(n):
        for k, (dy, dx) in zip(which[scene], place[scene]):
            at = slice(max(dy, 0), dy + 28), slice(max(dx, 0), dx + 28)
            image = images[k][max(-dy, 0):SIDE - dy, max(-dx, 0):SIDE - dx]
            solid = image > 32
            out[scene, 0][at][solid] = image[solid]
            out[scene, 1][at][solid] = labels[k] + 1
    return out


def halves(channels, into):     # half the resolution
    return nn.Sequential(nn.Conv2d(channels, into, 3, 2, 1), nn.ReLU())


def same(channels, into):
    return nn.Sequential(nn.Conv2d(channels, into, 3, 1, 1), nn.ReLU())


class Net(nn.Module):
    """Reduces the resolution to an eighth, where the auxiliary head is, and then increases it to a half."""

    def __init__(self, a, b, c):
        super().__init__()
        self.a, self.b, self.c = halves(1, a), halves(a, b), halves(b, c)
        self.d, self.e = same(c + b, b), same(b + a, 24)
        self.main = nn.Conv2d(24, CLASSES * 4, 1)       # the four pixels of each place
        self.aux = nn.Conv2d(c, CLASSES, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        d = self.d(torch.cat([F.interpolate(c, scale_factor=2.0), b], 1))
        e = self.e(torch.cat([F.interpolate(d, scale_factor=2.0), a], 1))
        return F.pixel_shuffle(self.main(e), 2), self.aux(c)


class Segmentation:
    """Segment composed images; figure: mean intersection over union."""
    figure = "mean IoU"
    manifest, prune, score, log = "train.tar", [], ["--loss", "main+0.4*aux"], "json"
    terms, views = {"main": 1.0, "aux": 0.4}, 1
    epochs, tiny_epochs, batch, rate = 20, 4, 32, 0.008
    scenes, channels = 3000, (16, 32, 64)

    def __init__(self, tiny=False, tune=False):
        train, test = loop.parts(fashion, tune)
        self.train = compose(*train, 151 if tiny else self.scenes, 1)
        self.test = torch.from_numpy(compose(*test, 100 if tiny else 1000, 2))

    def write(self, path):
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for scene, arrays in enumerate(self.train):
                array = io.BytesIO()
                np.save(array, arrays)
                member = tarfile.TarInfo("scene/%05d.npy" % scene)
                member.size = array.tell()
                array.seek(0)
                tar.addfile(member, array)

    def read(self, path):
        arrays, weights = {}, {}
        with tarfile.open(path) as tar:
            for member in tar:
                key, _, kind = member.name.partition(".")
                content = tar.extractfile(member).read()
                if kind == "weight.json":
                    weights[key] = float(content)
                else:
                    arrays[key] = np.frombuffer(content, np.uint8, offset=128).reshape(2, SIDE, SIDE)
        data = torch.from_numpy(np.stack(list(arrays.values())))
        return list(arrays), [weights.get(key, 1.0) for key in arrays], data

    def model(self):
        return Net(*self.channels)

    def optimizer(self, model, rate):
        return torch.optim.AdamW(model.parameters(), rate, weight_decay=1e-2)

    def losses(self, model, data, i):
        image, truth = data[i, :1].float() / 128 - 0.5, data[i, 1].long()
        main, aux = model(image)
        coarse = truth[:, 4::8, 4::8]
        return {"main": F.cross_entropy(main, truth, reduction="none").mean((1, 2)),
                "aux": F.cross_entropy(aux, coarse, reduction="none").mean((1, 2))}

    def metric(self, model):
        model.eval()
        both = torch.zeros(CLASSES, CLASSES)    # [truth, answer]: number of pixels
        with torch.no_grad():
            for scenes in self.test.split(100):
                answer = model(scenes[:, :1].float() / 128 - 0.5)[0].argmax(1)
                pairs = scenes[:, 1].long() * CLASSES + answer
                both += torch.bincount(pairs.flatten(), minlength=CLASSES * CLASSES).reshape(CLASSES, CLASSES)
        hit = both.diagonal()
        return float((hit / (both.sum(0) + both.sum(1) - hit).clamp(min=1)).mean())


if __name__ == "__main__":
    loop.main(Segmentation)
