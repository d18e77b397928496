#!/usr/bin/python3
"""Classify 12,000 images of Fashion-MNIST that are shifted and flipped again at each visit, over many epochs.

The losses stay noisy: the same sample is easy in one epoch and hard in the next."""
import numpy as np
import torch
from torch.nn import functional as F

import loop
from classification import Classification, fashion


class Augmented(Classification):
    """Classify shifted and flipped Fashion-MNIST; figure: test accuracy."""
    epochs, tiny_epochs = 60, 4
    samples, side, shift = 12000, 28, 2         # images, pixels of a side, pixels in each direction

    def data(self):
        images, labels = fashion("train")
        return images[:self.samples], labels[:self.samples], np.arange(self.samples)

    def losses(self, model, rows, i):
        return {"loss": F.cross_entropy(model(self.moved(rows[i])), self.y[rows[i]], reduction="none")}

    def moved(self, k):
        """The images k, each shifted by up to self.shift pixels, and half of them mirrored."""
        if not hasattr(self, "padded"):
            self.padded = F.pad(self.x[:, 0], [self.shift] * 4, value=float(self.x.min()))
        side = torch.arange(self.side)
        down, right = torch.randint(2 * self.shift + 1, (2, len(k), 1))
        mirrored = torch.rand(len(k), 1) < 0.5
        y, x = down + side, right + torch.where(mirrored, self.side - 1 - side, side)
        return self.padded[k[:, None, None], y[:, :, None], x[:, None, :]].unsqueeze(1)


if __name__ == "__main__":
    loop.main(Augmented)
