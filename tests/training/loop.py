"""Train on pruned epochs: the loop that the tasks in this folder share.

One epoch: the samples are drawn; the trainer visits the kept samples, scales the loss of each by its weight, and records
the raw loss of each; the losses are folded into the score file, from which the next epoch is drawn. There are two ways:

    Arrays  for data in memory (the default). infobatch.py draws rows and records losses in this process.
    Files   for data that are read anew (--files). ib-prune writes an epoch manifest, the trainer reads it and writes a
            loss log, and ib-score folds the log.

A task (classification.py is the shortest) supplies
    manifest            name of the full manifest; prune, score: further options of ib-prune and ib-score
    terms               parts of the loss and their factors; views: losses of a sample in a visit
    log                 the form of the loss log
    epochs, batch, rate what the full data are trained with; tiny_epochs: of a test
    write(path)         writes the full manifest
    read(path)          of any manifest: ids, weights (1 if it has none), and data for losses()
    model(), optimizer(model, rate)
    losses(model, data, i)  per sample i of the manifest (or sample and view), before weighting: a tensor for each term
    metric(model)       the figure that counts, on held-out data

The recipe for 60 % of the visits (infobatch-training(7)), if the task has 60 epochs:
    --epochs 80 --rule '--rule proportional:floor=0.2 --keep 0.443 --delta 1' --normalize mean --smooth 0.7

The batch is that of all ranks together. A run that was killed continues when it is started again with the same options.
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
    """One line of JSON with a step's ids and, for each term, their losses."""
    return json.dumps({"epoch": epoch, "id": ids, **dict(zip(names, map(list, zip(*rows))))}) + "\n"


def csv_lines(epoch, ids, names, rows):
    return "".join("%s,%d,%s\n" % (i, epoch, ",".join("%.6g" % v for v in row)) for i, row in zip(ids, rows))


def aside(n):
    """A tenth of n training samples, by a hash of their numbers: what to judge on before the test set is read."""
    return np.array([zlib.crc32(b"%d" % row) % 10 == 0 for row in range(n)])


def parts(read, tune):
    """The training and the test set; to tune: the training set without its tenth, and this tenth."""
    images, labels = read("train")
    if not tune:
        return (images, labels), read("t10k")
    held = aside(len(labels))
    return (images[~held], labels[~held]), (images[held], labels[held])


class Log:
    """One rank's losses of one epoch: NAME.part until the epoch is whole, cut back to a checkpoint's offset."""

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
    """A run's folder, its ranks, and its checkpoint."""

    def __init__(self, task, args, rank):
        self.task, self.args, self.rank, self.world = task, args, rank, args.ranks
        if self.world > 1:      # under torchrun: dist.init_process_group("gloo") alone, rank from the environment
            meeting = "file://%s.%d" % (os.path.abspath(self.path("ranks")), os.getppid())
            dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=self.world)
        torch.set_num_threads(1)
        self.full = self.path(task.manifest)
        self.tools = 0.0        # seconds between the epochs: in the commands, or in infobatch.py
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
        """Every rank's value, in the order of the ranks."""
        values = [value]
        if self.world > 1:
            values = [None] * self.world
            dist.all_gather_object(values, value)
        return values

    def add(self, values):
        """The sum of every rank's values."""
        values = torch.tensor(values)
        if self.world > 1:
            dist.all_reduce(values)
        return values.tolist()

    def save(self, losses, sums, **state):
        """One checkpoint for all ranks. What each rank has recorded is on disk before, or is in the checkpoint."""
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
        """The epoch's rows. Rows that are there were drawn before a kill: they are used again."""
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
        """All ranks' losses into the score file, unless a run that was killed has done it."""
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
        """The epoch's manifest. One that is there was drawn before a kill: it is used, never drawn anew."""
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
        """The raw losses of a step, before weighting; a record for each view."""
        values = [terms[name].detach() for name in self.task.terms]
        views = 1 if values[0].dim() == 1 else values[0].shape[1]
        losses = torch.stack([v.reshape(-1) for v in values], 1).tolist()
        ids = [drawn.ids[k] for k in rows.tolist() for _ in range(views)]
        self.log.write((csv_lines if self.task.log == "csv" else batch_line)(
            self.log.epoch, ids, list(self.task.terms), losses))

    def state(self):
        return self.log.sync() if self.log else 0

    def fold(self, epoch):
        """All ranks' logs into the score file. Folding twice is as good as once; a log with gaps is refused."""
        self.log = self.log.close()
        self.run.barrier()
        if self.run.rank == 0:
            logs = sorted(glob.glob(self.run.path("loss.%d.rank*" % epoch)))
            self.command("ib-score", "-e", str(epoch), "-u", self.run.path("run.npz"), "--expect", self.manifest,
                         "--smooth", str(self.run.args.smooth), *self.task.score, *logs)


def visits(n, run, epoch):
    """This rank's samples in the order of their visits, and for each 1, or 0 where it only fills up the ranks.

    All ranks take equally many, so the first samples are visited once more at the end, as by DistributedSampler.
    Such a copy is logged (one id twice in an epoch is normal) but its weight becomes 0: it counts once."""
    shuffle = torch.Generator().manual_seed(run.args.seed * 100003 + epoch)
    order = torch.randperm(n, generator=shuffle)
    order = torch.cat([order, order[:-n % run.world]])
    real = (torch.arange(len(order)) < n).float()
    return order[run.rank::run.world], real[run.rank::run.world]


def cpu():
    """Seconds of CPU of this process and of the commands that it ran: they hold on a busy machine, too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def rate_at(progress, peak):
    """One cycle: up over the first fifth, then down to 0. Progress needs the manifest's length alone."""
    return peak * min(progress / 0.2, (1 - progress) / 0.8)


def train(task, args, rank=0):
    run = Run(task, args, rank)
    torch.manual_seed(args.seed)
    model = task.model()
    optimizer = task.optimizer(model, args.rate)
    at = {"epoch": 0, "step": 0, "visits": 0, "means": [], "seconds": 0.0, "cpu": 0.0}
    recorded, sums = None, [0.0, 0.0]   # of this rank: its losses in this epoch, and sums of w*l and w
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
        if args.normalize == "mean":        # weights of mean 1; SGD's rate grows with the root of the mean they had
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
            torch.manual_seed(hash((args.seed, epoch, step, rank)) % 2**63)     # masks, dropout: no state to save
            part = slice(step * batch, (step + 1) * batch)
            i = order[part]
            w = weight[i] * real[part]
            rows = drawn.rows[i]
            terms = task.losses(replica, drawn.data, rows)
            loss = sum(factor * terms[name] for name, factor in task.terms.items())
            raw = loss if loss.dim() == 1 else loss.mean(1)     # several views: the gradient is that of their mean
            optimizer.zero_grad()
            # Over the nominal batch, not over len(i) or the sum of the weights: the last batch has any length.
            ((w * raw).sum() / batch).backward()
            optimizer.step()
            at["visits"] += min(len(drawn.rows), (step + 1) * task.batch) - step * task.batch
            sums = [sums[0] + float((w * raw.detach()).sum()), sums[1] + float(w.sum())]
            source.record(drawn, rows, terms, loss)
        source.fold(epoch)
        # The mean loss is sum(w*l)/sum(w): the mean of the records alone would be that of the harder samples.
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
    task.beside = os.path.dirname(os.path.abspath(args.dir))    # for what all runs share
    train(task, args, rank)


def main(task):
    p = argparse.ArgumentParser(description=task.__doc__)
    p.add_argument("--dir", required=True, help="the run's folder: manifests, logs, scores, checkpoint, result")
    p.add_argument("--bin", default="", help="where the ib- commands are (default: PATH)")
    p.add_argument("--rule", help="options of ib-prune, '' for its default rule; without: all data, no commands")
    p.add_argument("--files", action="store_true", help="manifests, logs and commands, instead of infobatch.py")
    p.add_argument("--epochs", type=float, help="a fraction is allowed on all data")
    p.add_argument("--rate", type=float, help="peak learning rate (default: the task's)")
    p.add_argument("--normalize", choices=["none", "mean"], default="none", help="weights as they are, or of mean 1")
    p.add_argument("--smooth", type=float, default=0.0, help="of ib-score")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    p.add_argument("--ranks", type=int, default=1, help="data-parallel processes on this machine (gloo)")
    p.add_argument("--tune", action="store_true", help="judge on a tenth of the training set; the test set is not read")
    p.add_argument("--tiny", action="store_true", help="a few hundred samples, a few epochs: does it run?")
    args = p.parse_args()
    args.epochs = args.epochs or (task.tiny_epochs if args.tiny else task.epochs)
    args.rate = args.rate or task.rate
    os.makedirs(args.dir, exist_ok=True)
    if args.ranks == 1:
        worker(0, task, args)
    else:
        for stale in glob.glob(os.path.join(args.dir, "ranks.*")):      # of a run that was killed
            os.remove(stale)
        torch.multiprocessing.spawn(worker, (task, args), nprocs=args.ranks)
