"""Train on pruned epochs: the loop that the tasks in this folder share.

In each epoch, samples are drawn. The trainer visits the kept samples, multiplies the loss of each sample by its weight,
and records the loss without the weight. The losses are folded into the score file, from which the next epoch is drawn.
There are two ways to do this:

    Arrays  The default, for data in memory: infobatch.py draws rows and records losses in this process.
    Files   With --files, for data that are read in each epoch: ib-prune writes an epoch manifest, the trainer reads
            it and writes a loss log, and ib-score folds the log.

A task (classification.py is the shortest) has these members:
    manifest                the name of the manifest of all samples
    prune, score            more options of ib-prune and ib-score
    terms                   the terms of the loss and their factors
    views                   the number of losses per sample and visit
    log                     the format of the loss log
    epochs, batch, rate     for the training on all data; tiny_epochs: for a test
    write(path)             writes the manifest of all samples
    read(path)              reads a manifest; returns ids, weights (1 if it has none), and data for losses()
    model(), optimizer(model, rate)
    losses(model, data, i)  returns a tensor per term with the losses of the samples i (or of each sample and view),
                            without the weights
    metric(model)           the result of the training, computed from the test set

The recipe for 60 % of the visits (infobatch-training(7)), for a task with 60 epochs:
    --epochs 80 --rule '--rule proportional:floor=0.2 --keep 0.443 --delta 1' --normalize mean --smooth 0.7

`batch` is the total size for all ranks. A run that was killed continues when it is started again with the same options.
"""
import argparse
import glob
import json
import math
import os
import resource
import shlex
import subprocess
import sys
import time
import zlib

import numpy as np
import torch
import torch.distributed as dist


def batch_line(epoch, ids, names, rows):
    """One line of JSON with the ids of a step and, for each term, their losses."""
    return json.dumps({"epoch": epoch, "id": ids, **dict(zip(names, map(list, zip(*rows))))}) + "\n"


def csv_lines(epoch, ids, names, rows):
    return "".join("%s,%d,%s\n" % (i, epoch, ",".join("%.6g" % v for v in row)) for i, row in zip(ids, rows))


def aside(n):
    """A mask that selects a tenth of n training samples by a hash of their numbers, as validation data."""
    return np.array([zlib.crc32(b"%d" % row) % 10 == 0 for row in range(n)])


def parts(read, tune):
    """The training set and the test set; if tune is set, the training set without the validation data, and these."""
    images, labels = read("train")
    if not tune:
        return (images, labels), read("t10k")
    held = aside(len(labels))
    return (images[~held], labels[~held]), (images[held], labels[held])


class Log:
    """The loss log of a rank and epoch. It is NAME.part until the epoch ends; a resumed run cuts it to `offset`."""

    def __init__(self, path, epoch, offset, header):
        self.path, self.epoch, part = path, epoch, path + ".part"
        if offset and not os.path.exists(part):     # killed between the end of the epoch and its checkpoint
            os.rename(path, part)
        self.file = open(part, "r+b" if offset else "wb")
        self.file.truncate(offset)
        self.file.seek(offset)
        if not offset:
            self.file.write(header.encode())

    def write(self, text):
        self.file.write(text.encode())

    def sync(self):
        self.file.flush()
        os.fsync(self.file.fileno())
        return self.file.tell()

    def close(self):
        self.sync()
        self.file.close()
        os.rename(self.path + ".part", self.path)


class Run:
    """The folder, the ranks and the checkpoint of a run."""

    def __init__(self, task, args, rank):
        self.task, self.args, self.rank, self.world = task, args, rank, args.ranks
        if self.world > 1:      # under torchrun, dist.init_process_group("gloo") needs no more arguments
            meeting = "file://%s.%d" % (os.path.abspath(self.path("ranks")), os.getppid())
            dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=self.world)
        torch.set_num_threads(1)
        self.full = self.path(task.manifest)
        self.tools = 0.0        # seconds spent between the epochs, in the commands or in infobatch.py
        if self.rank == 0 and not os.path.exists(self.full):
            task.write(self.full + ".tmp")
            os.rename(self.full + ".tmp", self.full)
        self.barrier()

    def path(self, name):
        return os.path.join(self.args.dir, name)

    def barrier(self):
        if self.world > 1:
            dist.barrier()

    def gather(self, value):
        """The values of all ranks, in the order of the ranks."""
        values = [value]
        if self.world > 1:
            values = [None] * self.world
            dist.all_gather_object(values, value)
        return values

    def add(self, values):
        """The sums of the values over all ranks."""
        values = torch.tensor(values)
        if self.world > 1:
            dist.all_reduce(values)
        return values.tolist()

    def save(self, losses, sums, **state):
        """Write a checkpoint for all ranks. The losses so far are already on disk, or are stored in the checkpoint."""
        ranks = self.gather((losses.state(), sums))
        if self.rank == 0:
            name = self.path("checkpoint.pt")
            torch.save({"ranks": ranks, "tools": self.tools, **state}, name + ".tmp")
            os.replace(name + ".tmp", name)
        self.barrier()

    def load(self):
        name = self.path("checkpoint.pt")
        return torch.load(name) if os.path.exists(name) else None


class Epoch:
    """The samples of an epoch: data, positions in the data, weights, and ids for the log."""

    def __init__(self, data, rows, weight, ids=None):
        self.data, self.rows, self.ids = data, torch.as_tensor(rows), ids
        self.weight = torch.as_tensor(weight, dtype=torch.float32)


class All:
    """All samples in every epoch; nothing is recorded."""

    def __init__(self, run):
        ids, _, data = run.task.read(run.full)
        self.epoch = Epoch(data, np.arange(len(ids)), np.ones(len(ids)))

    def draw(self, epoch):
        return self.epoch

    def begin(self, epoch, state):
        pass

    def record(self, drawn, rows, terms, raw):
        pass

    def state(self):
        return None

    def fold(self, epoch):
        pass


def import_infobatch(folder):
    """lib/python/infobatch.py of this tree, with the library that `make` has built in the folder of the commands."""
    built = glob.glob(os.path.join(folder, "libinfobatch.so.*.*"))
    if built:
        os.environ.setdefault("INFOBATCH_LIBRARY", os.path.abspath(built[0]))
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "python"))
    import infobatch
    return infobatch


def keywords(options):
    """Options of ib-prune as keyword arguments of infobatch.Run: -r 0.5 is ratio="0.5"."""
    words = [word for o in options for word in (o.split("=", 1) if o.startswith("--") else [o])]
    names = [{"-r": "ratio"}.get(name, name.lstrip("-").replace("-", "_")) for name in words[::2]]
    return dict(zip(names, words[1::2]))


class Arrays:
    """Rows are drawn and losses recorded in this process. Rank 0 draws; the others read its rows."""

    def __init__(self, run):
        self.run, self.rows, self.losses = run, [], []
        ids, _, self.data = run.task.read(run.full)
        if run.rank == 0:
            self.infobatch = self.open(ids)

    def open(self, ids):
        args, task = self.run.args, self.run.task
        options = {"epochs": int(args.epochs), "seed": args.seed, **keywords(shlex.split(args.rule))}
        if task.views > 1:
            options["duplicates"] = "mean"
        if args.smooth > 0:
            options["smooth"] = args.smooth
        return import_infobatch(args.bin).Run(self.run.path("run.npz"), ids=ids, audit=self.run.path("audit.zst"), **options)

    def draw(self, epoch):
        """The rows of the epoch. If a killed run has already drawn them, they are used again."""
        name = self.run.path("epoch.%d.npz" % epoch)
        start = time.monotonic()
        if self.run.rank == 0 and self.infobatch.next_epoch == epoch:
            rows, weight = self.infobatch.draw(epoch)
            with open(name + ".tmp", "wb") as out:
                np.savez(out, rows=rows, weight=weight)
            os.replace(name + ".tmp", name)
        self.run.tools += time.monotonic() - start
        self.run.barrier()
        with np.load(name) as drawn:
            return Epoch(self.data, drawn["rows"], drawn["weight"])

    def begin(self, epoch, state):
        self.rows, self.losses = state or ([], [])

    def record(self, drawn, rows, terms, raw):
        self.rows.append(rows if raw.dim() == 1 else rows.repeat_interleave(raw.shape[1]))
        self.losses.append(raw.detach().reshape(-1))

    def state(self):
        """The losses of this rank so far, for the checkpoint."""
        if self.rows:
            self.rows, self.losses = [torch.cat(self.rows)], [torch.cat(self.losses)]
        return self.rows, self.losses

    def fold(self, epoch):
        """Fold the losses of all ranks into the score file, unless a killed run has already done this."""
        ranks = self.run.gather(self.state())
        start = time.monotonic()
        if self.run.rank == 0 and self.infobatch.next_epoch == epoch:
            for rows, losses in ranks:
                self.infobatch.record(rows[0], losses[0])
            self.infobatch.commit()
        self.rows, self.losses = [], []
        self.run.tools += time.monotonic() - start


class Files:
    """The commands draw manifests and fold logs; a trainer in any language can do the same."""

    def __init__(self, run):
        self.run, self.task, self.log = run, run.task, None

    def command(self, name, *options):
        start = time.monotonic()
        subprocess.run([os.path.join(self.run.args.bin, name), *options], check=True)
        self.run.tools += time.monotonic() - start

    def draw(self, epoch):
        """The samples of the epoch manifest. If a killed run has already drawn it, it is used again."""
        run = self.run
        self.manifest = run.path("epoch.%d%s" % (epoch, os.path.splitext(run.full)[1]))
        if run.rank == 0 and not os.path.exists(self.manifest):
            self.command("ib-prune", "-s", run.path("run.npz"), "-e", str(epoch), "-E", str(int(run.args.epochs)),
                         "--seed", str(run.args.seed), "-a", run.path("audit.zst"), "-o", self.manifest,
                         *self.task.prune, *shlex.split(run.args.rule), run.full)
        run.barrier()
        ids, weights, data = self.task.read(self.manifest)
        return Epoch(data, np.arange(len(ids)), weights, ids)

    def begin(self, epoch, state):
        form = "csv" if self.task.log == "csv" else "jsonl"
        header = "id,epoch,%s\n" % ",".join(self.task.terms) if form == "csv" else ""
        self.log = Log(self.run.path("loss.%d.rank%03d.%s" % (epoch, self.run.rank, form)), epoch, state or 0, header)

    def record(self, drawn, rows, terms, raw):
        """Log the losses of a step without the weights, one record per sample and view."""
        values = [terms[name].detach() for name in self.task.terms]
        views = 1 if values[0].dim() == 1 else values[0].shape[1]
        losses = torch.stack([v.reshape(-1) for v in values], 1).tolist()
        ids = [drawn.ids[k] for k in rows.tolist() for _ in range(views)]
        self.log.write((csv_lines if self.task.log == "csv" else batch_line)(
            self.log.epoch, ids, list(self.task.terms), losses))

    def state(self):
        return self.log.sync() if self.log else 0

    def fold(self, epoch):
        """Fold the logs of all ranks. Folding a log twice changes nothing; --expect refuses an incomplete log."""
        self.log = self.log.close()
        self.run.barrier()
        if self.run.rank == 0:
            logs = sorted(glob.glob(self.run.path("loss.%d.rank*" % epoch)))
            self.command("ib-score", "-e", str(epoch), "-u", self.run.path("run.npz"), "--expect", self.manifest,
                         "--smooth", str(self.run.args.smooth), *self.task.score, *logs)


def visits(n, run, epoch):
    """The samples of this rank in the order of the visits, and the number 1 for a sample, or 0 for a copy.

    All ranks have the same number of samples, so some first samples are visited again at the end, as DistributedSampler
    does. Such a copy is logged (the last record of an id is used), but its weight becomes 0."""
    shuffle = torch.Generator().manual_seed(run.args.seed * 100003 + epoch)
    order = torch.randperm(n, generator=shuffle)
    order = torch.cat([order, order[:-n % run.world]])
    real = (torch.arange(len(order)) < n).float()
    return order[run.rank::run.world], real[run.rank::run.world]


def cpu():
    """The CPU seconds of this process and of the commands that it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def rate_at(progress, peak):
    """The learning rate: it rises over the first fifth of the run, and then falls to 0."""
    return peak * min(progress / 0.2, (1 - progress) / 0.8)


def train(task, args, rank=0):
    run = Run(task, args, rank)
    torch.manual_seed(args.seed)
    model = task.model()
    optimizer = task.optimizer(model, args.rate)
    at = {"epoch": 0, "step": 0, "visits": 0, "means": [], "seconds": 0.0, "cpu": 0.0}
    recorded, sums = None, [0.0, 0.0]   # losses of this rank and epoch, and the sums of w*l and w
    saved = run.load()
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        at, run.tools, (recorded, sums) = saved["at"], saved["tools"], saved["ranks"][rank]
    replica = torch.nn.parallel.DistributedDataParallel(model) if args.ranks > 1 else model
    source = (All if args.rule is None else Files if args.files else Arrays)(run)
    start, start_cpu = time.monotonic() - at["seconds"], cpu() - at["cpu"]

    def checkpoint(epoch, step, sums):
        at.update(epoch=epoch, step=step, seconds=time.monotonic() - start, cpu=cpu() - start_cpu)
        run.save(source, sums, at=at, model=model.state_dict(), optimizer=optimizer.state_dict())

    batch = task.batch // args.ranks
    for epoch in range(at["epoch"], math.ceil(args.epochs)):
        drawn = source.draw(epoch)
        order, real = visits(len(drawn.rows), run, epoch)
        weight = drawn.weight
        boost = 1.0
        if args.normalize == "mean":        # weights of mean 1; for SGD, the rate times the root of the mean weight
            mean = weight.mean()
            weight, boost = weight / mean, float(mean.sqrt()) if isinstance(optimizer, torch.optim.SGD) else 1.0
        source.begin(epoch, recorded)
        steps = math.ceil(len(order) / batch)
        for step in range(at["step"], steps):
            progress = (epoch + step / steps) / args.epochs
            if progress >= 1:               # a fraction of an epoch at the end
                break
            if step > at["step"] and step % args.every == 0:
                checkpoint(epoch, step, sums)
            for group in optimizer.param_groups:
                group["lr"] = boost * rate_at(progress, args.rate)
            torch.manual_seed(hash((args.seed, epoch, step, rank)) % 2**63)     # so masks and dropout need not be saved
            part = slice(step * batch, (step + 1) * batch)
            i = order[part]
            w = weight[i] * real[part]
            rows = drawn.rows[i]
            terms = task.losses(replica, drawn.data, rows)
            loss = sum(factor * terms[name] for name, factor in task.terms.items())
            raw = loss if loss.dim() == 1 else loss.mean(1)     # the mean over the views
            optimizer.zero_grad()
            # Divide by the configured batch size, not by len(i) or the sum of the weights: the last batch may be short.
            ((w * raw).sum() / batch).backward()
            optimizer.step()
            at["visits"] += min(len(drawn.rows), (step + 1) * task.batch) - step * task.batch
            sums = [sums[0] + float((w * raw.detach()).sum()), sums[1] + float(w.sum())]
            source.record(drawn, rows, terms, loss)
        source.fold(epoch)
        # The mean loss is sum(w*l)/sum(w). Without weights it would be too high, because most pruned losses are low.
        top, bottom = run.add(sums)
        at["means"].append([epoch, len(drawn.rows), top / max(bottom, 1e-9)])
        recorded, sums = None, [0.0, 0.0]
        checkpoint(epoch + 1, 0, sums)
    if rank == 0:
        result = {"metric": task.metric(model), "visits": at["visits"], "seconds": at["seconds"], "tools": run.tools,
                  "cpu": at["cpu"], "epochs": at["means"]}
        with open(run.path("result.json.tmp"), "w") as out:
            json.dump(result, out)
        os.replace(run.path("result.json.tmp"), run.path("result.json"))
        print("%s %.4f after %d visits, %.1f s of which %.2f s between the epochs" % (
            task.figure, result["metric"], result["visits"], result["seconds"], result["tools"]))


def worker(rank, task, args):
    task = task(args.tiny, args.tune)
    task.shared_folder = os.path.dirname(os.path.abspath(args.dir))    # the folder for files that all runs share
    train(task, args, rank)


def main(task):
    p = argparse.ArgumentParser(description=task.__doc__)
    p.add_argument("--dir", required=True, help="the run's folder: manifests, logs, scores, checkpoint, result")
    p.add_argument("--bin", default="", help="where the ib- commands are (default: PATH)")
    p.add_argument("--rule", help="options of ib-prune, '' for the default rule (default: train on all data)")
    p.add_argument("--files", action="store_true", help="use manifests, logs and the commands instead of infobatch.py")
    p.add_argument("--epochs", type=float, help="number of epochs; on all data it may be a fraction")
    p.add_argument("--rate", type=float, help="peak learning rate (default: the task's)")
    p.add_argument("--normalize", choices=["none", "mean"], default="none", help="mean: scale the weights to mean 1")
    p.add_argument("--smooth", type=float, default=0.0, help="the value of ib-score --smooth")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    p.add_argument("--ranks", type=int, default=1, help="data-parallel processes on this machine (gloo)")
    p.add_argument("--tune", action="store_true", help="test on a tenth of the training set, not on the test set")
    p.add_argument("--tiny", action="store_true", help="a quick test with a few hundred samples and a few epochs")
    args = p.parse_args()
    args.epochs = args.epochs or (task.tiny_epochs if args.tiny else task.epochs)
    args.rate = args.rate or task.rate
    os.makedirs(args.dir, exist_ok=True)
    if args.ranks == 1:
        worker(0, task, args)
    else:
        for stale in glob.glob(os.path.join(args.dir, "ranks.*")):      # from a run that was killed
            os.remove(stale)
        torch.multiprocessing.spawn(worker, (task, args), nprocs=args.ranks)
