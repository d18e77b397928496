"""Small versions of the six tasks, of which augmented has two sizes.

A run takes 2 to 46 seconds of CPU time, so a comparison can have ten or more seeds.

Images have half the resolution, models have fewer units, and there are fewer samples. The losses and the optimizers are
unchanged."""
import numpy as np
from torch import nn
from torch.nn import functional as F

import augmented
import classification
import instruction
import pretraining
import redundant
import segmentation
from classification import fashion


class HalfImages:
    """Fashion-MNIST at 14x14."""

    def __init__(self, tiny=False, tune=False):
        super().__init__(tiny, tune)
        self.x, self.test = F.avg_pool2d(self.x, 2), F.avg_pool2d(self.test, 2)

    def model(self):
        return nn.Sequential(nn.Conv2d(1, 16, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, 2, 1),
                             nn.ReLU(), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10))


class Classification(HalfImages, classification.Classification):
    epochs, rates = 12, (0.025, 0.05, 0.1)

    def data(self):
        images, labels = fashion("train")
        return images[:6000], labels[:6000], np.arange(6000)


class Augmented(HalfImages, augmented.Augmented):
    epochs, rates, samples, shift, side = 30, (0.025, 0.05, 0.1), 4000, 1, 14


class Long(Augmented):
    """Three times the samples of Augmented, and twice the epochs."""
    epochs, samples = 60, 12000


class Redundant(HalfImages, redundant.Redundant):
    """A tenth of each part of the data."""
    epochs, rates = 12, (0.025, 0.05, 0.1)

    def data(self):
        images, labels, rows = super().data()
        return images[:6000], labels[:6000], rows[:6000]     # they are in random order


class Segmentation(segmentation.Segmentation):
    epochs, batch, rates, scenes = 20, 16, (0.004, 0.008, 0.016), 400
    channels = 8, 16, 32


class Pretraining(pretraining.Pretraining):
    epochs, batch, rates, samples, patch = 16, 32, (0.002, 0.004, 0.008), 600, 7


class Instruction(instruction.Instruction):
    epochs, batch, rates, samples, before = 6, 16, (0.003, 0.006, 0.012), 500, 4000


KINDS = {kind.__name__.lower(): kind for kind in (
    Classification, Augmented, Segmentation, Pretraining, Instruction, Redundant, Long)}
