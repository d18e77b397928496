#!/usr/bin/python3
"""Classification, whose rank 0 dies of SIGKILL when the function named in KILL is called for the N-th time: losses:8.

recipes_run.py resumes this run."""
import os
import signal
import sys

import loop
from classification import Classification


def deadly(function, calls=[0]):
    def call(*args, **kwargs):
        calls[0] += 1
        if calls[0] == int(os.environ["KILL"].split(":")[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call


name = os.environ["KILL"].split(":")[0]
source = loop.Files if "--files" in sys.argv else loop.Arrays
owner = next(o for o in (Classification, loop.Run, source) if hasattr(o, name))
setattr(owner, name, deadly(getattr(owner, name)))

if __name__ == "__main__":
    loop.main(Classification)
