"""A training run for check.py: child.py FOLDER N EPOCHS [KILL_AT_LINE]. The losses are a function of row and epoch.

With KILL_AT_LINE, the process kills itself before it executes that line, counted over this file and infobatch.py.
After each commit it writes the epoch to FOLDER/done, so that the parent knows what must not be lost."""
import os
import signal
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "python"))
import infobatch


def losses(rows, epoch):
    return ((rows * 2654435761 + epoch * 40503) % 1000003 / 1e6).astype(np.float32)


def train(folder, n, epochs):
    with infobatch.Run(os.path.join(folder, "run.npz"), n=n, epochs=epochs,
                       audit=os.path.join(folder, "audit.zst")) as run:
        for e in run.epochs():
            rows, weight = run.draw(e)
            assert weight.dtype == np.float32 and (weight >= 1).all()
            for part in np.array_split(np.random.default_rng(e).permutation(rows), 3):
                run.record(part, losses(part, e))
            run.commit()
            with open(os.path.join(folder, "done"), "a") as done:
                done.write("%d\n" % e)


def kill_at(line):
    mine = {__file__, infobatch.__file__}
    left = line

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in mine:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        kill_at(int(sys.argv[4]))
    train(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
