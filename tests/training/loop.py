"""Train from epoch manifests: the loop that the four tasks beside this file share.

One epoch:  ib-prune draws the manifest; the trainer visits its samples, scales each loss by its weight and logs the
raw loss of each; ib-score folds the log into the score file, from which ib-prune draws the next manifest.

A task (classification.py is the shortest) supplies
    manifest            name of the full manifest; prune, score: further options of ib-prune and ib-score
    terms               parts of the loss and their factors; log: the form of the loss log
    epochs, batch       what the full data are trained with; tiny_epochs: of a test; rates: choose_rates.py tries them
    write(path)         the full manifest
    read(path)          of any manifest: ids, weights (1 where it carries none), and data for losses()
    model(), optimizer(model, rate)
    losses(model, data, i)  per sample i of the manifest (or sample and view), before weighting: a tensor a term
    metric(model)       the figure that counts, on held-out data

The batch is that of all ranks together. A run that was killed goes on when it is started again with the same options.
"""
import argparse
import glob
import json
import math
import os
import resource
import shlex
import subprocess
import time
import zlib

import numpy as np
import torch
import torch.distributed as dist

LOG = {     # one step's records; numbers as %.6g, which costs a score nothing that matters
    "jsonl": lambda epoch, ids, names, rows: "".join(
        '{"id":%s,"epoch":%d,%s}\n' % (json.dumps(i), epoch, ",".join('"%s":%.6g' % nv for nv in zip(names, row)))
        for i, row in zip(ids, rows)),
    "csv": lambda epoch, ids, names, rows: "".join(
        "%s,%d,%s\n" % (i, epoch, ",".join("%.6g" % v for v in row)) for i, row in zip(ids, rows)),
    "batch": lambda epoch, ids, names, rows: '{"epoch":%d,"ids":%s,"losses":[%s]}\n' % (
        epoch, json.dumps(ids), ",".join("%.6g" % v for v, in rows)),
}


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


def chosen(task):
    """What choose_rates.py chose: the peak rate on all data, and the factor that fewer epochs take."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "choices.json")) as f:
        return json.load(f)["tasks"][task.__name__.lower()]


class Log:
    """One rank's losses of one epoch: NAME.part until the epoch is whole, cut back to a checkpoint's offset."""

    def __init__(self, path, offset, header):
        self.path, part = path, path + ".part"
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
    """A run's folder, its ranks, and the commands between its epochs."""

    def __init__(self, task, args, rank):
        self.task, self.args, self.rank, self.world = task, args, rank, args.ranks
        if self.world > 1:      # under torchrun: dist.init_process_group("gloo") alone, rank from the environment
            meeting = "file://%s.%d" % (os.path.abspath(self.path("ranks")), os.getppid())
            dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=self.world)
        torch.set_num_threads(1)
        self.full = self.path(task.manifest)
        self.tools = 0.0        # seconds spent in the commands
        if self.rank == 0 and not os.path.exists(self.full):
            task.write(self.full + ".tmp")
            os.rename(self.full + ".tmp", self.full)
        self.barrier()

    def path(self, name):
        return os.path.join(self.args.dir, name)

    def barrier(self):
        if self.world > 1:
            dist.barrier()

    def add(self, values):
        """The sum of every rank's values."""
        values = torch.tensor(values)
        if self.world > 1:
            dist.all_reduce(values)
        return values.tolist()

    def command(self, name, *options):
        start = time.monotonic()
        subprocess.run([os.path.join(self.args.bin, name), *options], check=True)
        self.tools += time.monotonic() - start

    def draw(self, epoch):
        """The epoch's manifest. One that is there was drawn before a kill: it is used, never drawn anew."""
        if self.args.rule is None:
            return self.full
        name = self.path("epoch.%d%s" % (epoch, os.path.splitext(self.full)[1]))
        if self.rank == 0 and not os.path.exists(name):
            self.command("ib-prune", "-s", self.path("run.npz"), "-e", str(epoch), "-E", str(int(self.args.epochs)),
                         "--seed", str(self.args.seed), "-a", self.path("audit.zst"), "-o", name,
                         *self.task.prune, *shlex.split(self.args.rule), self.full)
        self.barrier()
        return name

    def log(self, epoch, offset):
        if self.args.rule is None:
            return None
        form = "csv" if self.task.log == "csv" else "jsonl"
        header = "id,epoch,%s\n" % ",".join(self.task.terms) if form == "csv" else ""
        return Log(self.path("loss.%d.rank%03d.%s" % (epoch, self.rank, form)), offset, header)

    def fold(self, epoch, manifest):
        """All ranks' logs into the score file. Folding twice is as good as once; a log with gaps is refused."""
        self.barrier()
        if self.rank == 0 and self.args.rule is not None:
            logs = sorted(glob.glob(self.path("loss.%d.rank*" % epoch)))
            self.command("ib-score", "-e", str(epoch), "-u", self.path("run.npz"), "--expect", manifest,
                         *self.task.score, *logs)

    def save(self, log, sums, **state):
        """One checkpoint for all ranks: rank 0 writes it once every rank's log is on disk up to its offset."""
        mine = log.sync() if log else 0, sums
        ranks = [mine]
        if self.world > 1:
            ranks = [None] * self.world
            dist.all_gather_object(ranks, mine)
        if self.rank == 0:
            name = self.path("checkpoint.pt")
            torch.save({"ranks": ranks, "tools": self.tools, **state}, name + ".tmp")
            os.replace(name + ".tmp", name)
        self.barrier()

    def load(self):
        name = self.path("checkpoint.pt")
        return torch.load(name) if os.path.exists(name) else None


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
    offset, sums = 0, [0.0, 0.0]        # of this rank: bytes of its log, sums of w*l and w in this epoch
    saved = run.load()
    if saved:
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        at, run.tools, (offset, sums) = saved["at"], saved["tools"], saved["ranks"][rank]
    replica = torch.nn.parallel.DistributedDataParallel(model) if args.ranks > 1 else model
    start, start_cpu = time.monotonic() - at["seconds"], cpu() - at["cpu"]

    def checkpoint(log, epoch, step, sums):
        at.update(epoch=epoch, step=step, seconds=time.monotonic() - start, cpu=cpu() - start_cpu)
        run.save(log, sums, at=at, model=model.state_dict(), optimizer=optimizer.state_dict())

    batch, before = task.batch // args.ranks, None
    for epoch in range(at["epoch"], math.ceil(args.epochs)):
        manifest = run.draw(epoch)
        if manifest != before:
            ids, weights, data = task.read(manifest)
            before = manifest
        order, real = visits(len(ids), run, epoch)
        weight = torch.tensor(weights, dtype=torch.float32)
        boost = 1.0
        if args.normalize == "mean":        # weights of mean 1; the step grows with the root of the mean they had
            mean = weight.mean()
            weight, boost = weight / mean, float(mean.sqrt())
        log = run.log(epoch, offset)
        steps = math.ceil(len(order) / batch)
        for step in range(at["step"], steps):
            progress = (epoch + step / steps) / args.epochs
            if progress >= 1:               # a fraction of an epoch at the end
                break
            if step > at["step"] and step % args.every == 0:
                checkpoint(log, epoch, step, sums)
            for group in optimizer.param_groups:
                group["lr"] = boost * rate_at(progress, args.rate)
            torch.manual_seed(hash((args.seed, epoch, step, rank)) % 2**63)     # masks, dropout: no state to save
            part = slice(step * batch, (step + 1) * batch)
            i = order[part]
            w = weight[i] * real[part]
            terms = task.losses(replica, data, i)
            loss = sum(factor * terms[name] for name, factor in task.terms.items())
            raw = loss if loss.dim() == 1 else loss.mean(1)     # several views: the gradient is that of their mean
            optimizer.zero_grad()
            # Over the nominal batch, not over len(i) or the sum of the weights: the last batch has any length.
            ((w * raw).sum() / batch).backward()
            optimizer.step()
            at["visits"] += min(len(ids), (step + 1) * task.batch) - step * task.batch
            sums = [sums[0] + float((w * raw.detach()).sum()), sums[1] + float(w.sum())]
            if log:
                log.write(records(task, epoch, [ids[k] for k in i.tolist()], terms))
        if log:
            log.close()
        run.fold(epoch, manifest)
        # The mean loss is sum(w*l)/sum(w): the mean of the records alone would be that of the harder samples.
        top, bottom = run.add(sums)
        at["means"].append([epoch, len(ids), top / max(bottom, 1e-9)])
        offset, sums = 0, [0.0, 0.0]
        checkpoint(None, epoch + 1, 0, sums)
    if rank == 0:
        result = {"metric": task.metric(model), "visits": at["visits"], "seconds": at["seconds"], "tools": run.tools,
                  "cpu": at["cpu"], "epochs": at["means"]}
        with open(run.path("result.json.tmp"), "w") as out:
            json.dump(result, out)
        os.replace(run.path("result.json.tmp"), run.path("result.json"))
        print("%s %.4f after %d visits, %.1f s of which commands %.2f s" % (
            task.figure, result["metric"], result["visits"], result["seconds"], result["tools"]))


def records(task, epoch, ids, terms):
    """The raw losses of a step, before weighting; a record for each view."""
    values = [terms[name].detach() for name in task.terms]
    views = 1 if values[0].dim() == 1 else values[0].shape[1]
    rows = torch.stack([v.reshape(-1) for v in values], 1).tolist()
    return LOG[task.log](epoch, [i for i in ids for _ in range(views)], list(task.terms), rows)


def worker(rank, task, args):
    task = task(args.tiny, args.tune)
    task.beside = os.path.dirname(os.path.abspath(args.dir))    # for what all runs share
    train(task, args, rank)


def main(task):
    p = argparse.ArgumentParser(description=task.__doc__)
    p.add_argument("--dir", required=True, help="the run's folder: manifests, logs, scores, checkpoint, result")
    p.add_argument("--bin", default="", help="where the ib- commands are (default: PATH)")
    p.add_argument("--rule", help="options of ib-prune, '' for its default rule; without: all data, no commands")
    p.add_argument("--epochs", type=float, help="a fraction is allowed on all data")
    p.add_argument("--rate", type=float, help="peak learning rate (default: that in choices.json)")
    p.add_argument("--normalize", choices=["none", "mean"], default="none", help="weights as they are, or of mean 1")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--every", type=int, default=200, help="steps between checkpoints")
    p.add_argument("--ranks", type=int, default=1, help="data-parallel processes on this machine (gloo)")
    p.add_argument("--tune", action="store_true", help="judge on a tenth of the training set; the test set is not read")
    p.add_argument("--tiny", action="store_true", help="a few hundred samples, a few epochs: does it run?")
    args = p.parse_args()
    args.epochs = args.epochs or (task.tiny_epochs if args.tiny else task.epochs)
    args.rate = args.rate or chosen(task)["rate"]
    os.makedirs(args.dir, exist_ok=True)
    if args.ranks == 1:
        worker(0, task, args)
    else:
        for stale in glob.glob(os.path.join(args.dir, "ranks.*")):      # of a run that was killed
            os.remove(stale)
        torch.multiprocessing.spawn(worker, (task, args), nprocs=args.ranks)
