"""Train a task whose samples are arrays in memory, for compare_rules.py and choose_rates.py.

This is loop.py without checkpoints, ranks and manifests. infobatch.py draws the samples of an epoch and records their
losses. The id of a sample is its row number."""
import math
import os
import shlex
import tempfile
import warnings

import numpy as np
import torch

import loop

warnings.filterwarnings("ignore", "the largest weight")     # the comparison measures what such weights do


class Trainer:
    """Trains a task whose samples are all in memory."""

    def __init__(self, kind, bin, tiny=False, tune=False):
        torch.set_num_threads(1)
        self.infobatch = loop.import_infobatch(bin)
        self.folder = tempfile.TemporaryDirectory(prefix="ib-train.")
        self.task = kind(tiny, tune)
        self.task.shared_folder = self.folder.name
        self.task.write(self.path(self.task.manifest))
        ids, _, self.data = self.task.read(self.path(self.task.manifest))
        self.n, self.epochs = len(ids), self.task.epochs

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def open(self, epochs, seed, rule, smooth):
        """A new run of infobatch.py with these options of ib-prune and of ib-score --smooth."""
        if os.path.exists(self.path("run.npz")):
            os.remove(self.path("run.npz"))
        options = loop.keywords(shlex.split(rule))
        if smooth:
            options["smooth"] = smooth
        return self.infobatch.Run(self.path("run.npz"), n=self.n, epochs=epochs, seed=seed, **options)

    def visit(self, model, optimizer, rows, weight, boost, rate, seed, epoch, epochs):
        """Train one epoch, or a fraction of it at the end. Returns the losses of the rows and the number of visits."""
        task, n = self.task, len(rows)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed * 100003 + epoch))
        rows, losses, visits, steps = torch.from_numpy(rows), torch.zeros(n), 0, math.ceil(n / task.batch)
        for step in range(steps):
            progress = (epoch + step / steps) / epochs
            if progress >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = boost * loop.rate_at(progress, rate)
            torch.manual_seed(hash((seed, epoch, step, 0)) % 2**63)
            i = order[step * task.batch:(step + 1) * task.batch]
            terms = task.losses(model, self.data, rows[i])
            loss = sum(factor * terms[name] for name, factor in task.terms.items())
            raw = loss if loss.dim() == 1 else loss.mean(1)
            optimizer.zero_grad()
            ((weight[i] * raw).sum() / task.batch).backward()
            optimizer.step()
            losses[i] = raw.detach()
            visits += len(i)
        return losses.numpy(), visits

    def train(self, seed, rate, epochs=None, rule=None, power=None, smooth=0, logs=None):
        """Make a run, and return its result.

        rule    options of ib-prune; None: train on all data, without infobatch.py
        power   scale the weights to mean 1, and multiply the rate by the mean weight to this power; None: do neither
        smooth  the value of ib-score --smooth
        logs    the folder for the losses of each epoch; None: do not save them"""
        epochs, begin = epochs or self.epochs, loop.cpu()
        run = None if rule is None else self.open(epochs, seed, rule, smooth)
        torch.manual_seed(seed)
        model = self.task.model()
        optimizer = self.task.optimizer(model, rate)
        visits, kept, effects = 0, [], []
        for epoch in range(math.ceil(epochs)):
            rows, weights = np.arange(self.n), np.ones(self.n, np.float32)
            if run:
                rows, weights = run.draw(epoch)
            weight, boost = torch.from_numpy(weights), 1.0
            if power is not None:
                mean = weight.mean()
                weight, boost = weight / mean, float(mean ** power)
            losses, n = self.visit(model, optimizer, rows, weight, boost, rate, seed, epoch, epochs)
            visits += n
            kept.append(len(rows))
            w = weights.astype(float)
            effects.append(round(len(rows) * float((w ** 2).sum() / w.sum() ** 2), 4))
            if run:
                run.record(rows, losses)
                run.commit()
            if logs:
                np.savez(os.path.join(logs, "loss.%03d.npz" % epoch), id=rows, loss=losses)
        if run:
            run.close()
        used = loop.cpu() - begin
        return {"figure": round(self.task.metric(model), 5), "visits": visits,
                "saved": round(1 - visits / self.n / self.epochs, 4), "cpu": round(used, 2),
                "kept": kept, "effects": effects}
