"""Draw epochs and record losses in a training process. This module needs numpy and the library libinfobatch.

    import infobatch

    run = infobatch.Run("run.npz", n=60000, epochs=16, audit="run.audit.zst")
    for e in run.epochs():                  # the epochs that are not committed yet
        rows, weight = run.draw(e)          # int64, float32
        for i in batches(len(rows)):
            loss = train(rows[i], weight[i])
            run.record(rows[i], loss)       # one loss per sample, without the weight
        run.commit()                        # replaces run.npz

The decisions are the same as those of the commands, and run.npz and run.audit.zst are byte for byte the files that the
commands write. So ib-audit can verify them.
libinfobatch(3) describes the functions, and infobatch-training(7) has a loop for PyTorch.
"""
import ctypes
import glob
import operator
import os
import warnings

import numpy as np

__all__ = ["Run", "Error"]

MISUSE, DATA, AGAIN = -1, -2, -6


class Error(Exception):
    """An error of the library. str() returns the message; `code` is the enum ib_status."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class _Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 1000)]


class _Span(ctypes.Structure):
    _fields_ = [("p", ctypes.c_void_p), ("n", ctypes.c_size_t)]


_Warn = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


def _load():
    """Load the library from $INFOBATCH_LIBRARY, from this installation or source tree, or from the system's path."""
    name = "libinfobatch.so.0"
    here = os.path.dirname(os.path.abspath(__file__))       # PREFIX/share/infobatch, or lib/python of the source tree
    own = [os.path.normpath(os.path.join(here, "..", "..", "lib", name))]
    if os.path.exists(os.path.join(here, "..", "libinfobatch.map")):        # only in the source tree
        built = os.path.join(glob.escape(os.path.dirname(os.path.dirname(here))), "build", "release", name + ".*")
        own += sorted(glob.glob(built), key=os.path.getmtime)[-1:]
    path = os.environ.get("INFOBATCH_LIBRARY") or next(filter(os.path.exists, own), name)
    try:
        return ctypes.CDLL(path)
    except OSError as e:
        raise OSError("%s: build or install infobatch, or set INFOBATCH_LIBRARY to the path of %s" % (e, name)) from None


def _declare(library):
    pointer, text, error = ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(_Error)
    result = ctypes.POINTER(pointer)
    functions = {
        "ib_run_options_new": (pointer,),
        "ib_run_options_free": (None, pointer),
        "ib_run_options_set": (ctypes.c_int, pointer, text, text, error),
        "ib_run_options_warn": (None, pointer, _Warn, pointer),
        "ib_run_open": (ctypes.c_int, text, pointer, ctypes.c_uint64, pointer, result, error),
        "ib_run_free": (None, pointer),
        "ib_run_next_epoch": (ctypes.c_int64, pointer),
        "ib_run_rate_factor": (ctypes.c_double, pointer),
        "ib_run_draw": (ctypes.c_int, pointer, ctypes.c_int64, result, result, ctypes.POINTER(ctypes.c_size_t), error),
        "ib_run_record": (ctypes.c_int, pointer, pointer, pointer, ctypes.c_size_t, error),
        "ib_run_commit": (ctypes.c_int, pointer, error),
    }
    for name, (returns, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = returns, arguments
    return library


_library = _declare(_load())


def _call(name, *arguments):
    error = _Error()
    if getattr(_library, name)(*arguments, ctypes.byref(error)):
        raise Error(error.code, error.text.decode("utf-8", "replace"))


def _set(options, name, value):
    """Set an option. If there is no such option, the message lists the options as keyword arguments."""
    option = name.replace("_", "-")
    try:
        _call("ib_run_options_set", options, option.encode(), _text(name, value))
    except Error as error:
        what, before, names = str(error).partition("; the options are ")
        if not before:
            raise
        raise Error(error.code, what.replace(option, name, 1) + before + names.replace("-", "_")) from None


def _id(value):
    """Return the bytes of an id, which is a string, bytes or an integer."""
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    try:
        return b"%d" % operator.index(value)
    except TypeError:
        raise TypeError("an id must be a string, bytes or an integer, not %s" % type(value).__name__) from None


def _integer(name, value):
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError("%s must be an integer, not %s" % (name, type(value).__name__)) from None


def _spans(ids):
    """Return an array of struct ib_span, and the buffer to which the spans point."""
    texts = [_id(i) for i in _array(ids)] if hasattr(ids, "detach") else [_id(i) for i in ids]
    lengths = np.array([len(t) for t in texts], np.uint64)
    data = b"".join(texts)
    buffer = ctypes.create_string_buffer(data, len(data) + 1)
    spans = np.empty((len(texts), 2), np.uint64)
    spans[:, 1] = lengths
    spans[:, 0] = ctypes.addressof(buffer) + np.cumsum(lengths) - lengths
    return spans, buffer


class Run:
    """The training loop of one process.

    scores   score file: the constructor reads the file if it exists, and commit() replaces the file
    n        number of samples; their ids are "0" to str(n - 1)
    ids      ids of the samples, instead of n: an array of strings; rows are positions in this array
    epochs   number of epochs of the training run
    audit    audit log to which draw() appends, or None
    options  options of ib-prune(1) and ib-score(1), with _ for each -: rule="rank:power=0.7", max_missing="1%"
    """

    _run = _options = None

    def __init__(self, scores, n=None, epochs=None, audit=None, *, ids=None, **options):
        if (n is None) == (ids is None):
            raise TypeError("give either n or ids")
        n = len(ids) if n is None else _integer("n", n)
        if n < 1:
            raise ValueError("n must be at least 1, not %d" % n)
        self._epochs = None if epochs is None else _integer("epochs", epochs)
        options.update(epochs=self._epochs, audit=audit if audit is None else os.fspath(audit))
        self._options = _library.ib_run_options_new()
        if not self._options:
            raise MemoryError
        self._warn = _Warn(lambda _, text: warnings.warn(text.decode("utf-8", "replace"), stacklevel=4))
        _library.ib_run_options_warn(self._options, self._warn, None)
        # Set the rule first, because setting the rule sets its parameters to their defaults.
        for name in sorted(options, key=lambda name: name != "rule"):
            if options[name] is not None:
                _set(self._options, name, options[name])
        spans, buffer = (None, None) if ids is None else _spans(ids)
        run = ctypes.c_void_p()
        _call("ib_run_open", _text("scores", os.fspath(scores)), None if spans is None else spans.ctypes.data,
              n, self._options, ctypes.byref(run))
        self._run = run
        del buffer

    def epochs(self):
        """Yield each epoch that is not committed yet. The caller must commit each epoch before asking for the next."""
        if self._epochs is None:
            raise TypeError("the number of epochs is not known: give Run(..., epochs=E)")
        while self.next_epoch < self._epochs:
            e = self.next_epoch
            yield e
            if self.next_epoch == e:
                raise Error(MISUSE, "epoch %d was not committed" % e)

    @property
    def next_epoch(self):
        """The epoch that follows the newest epoch in the score file; 0 for a new file."""
        return _library.ib_run_next_epoch(self._handle())

    @property
    def rate_factor(self):
        """The factor by which to multiply the learning rate in the epoch drawn last; 1 without normalize="mean"."""
        return _library.ib_run_rate_factor(self._handle())

    def draw(self, epoch):
        """Decide which samples to visit in an epoch. Return their rows (int64, ascending) and weights (float32)."""
        rows, weights, n = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_size_t()
        epoch = min(max(_integer("epoch", epoch), -1), 2**31)      # the library refuses -1 and 2**31
        _call("ib_run_draw", self._handle(), epoch, ctypes.byref(rows), ctypes.byref(weights), ctypes.byref(n))
        return _copy(rows, np.int64, n.value), _copy(weights, np.float32, n.value)

    def record(self, rows, losses):
        """Record one loss per row, without the weight. `rows` and `losses` are arrays or tensors of the same length."""
        rows, losses = _array(rows), _array(losses)
        if rows.dtype.kind not in "iu" and len(rows):
            raise TypeError("rows must be integers, not %s" % rows.dtype)
        if losses.dtype.kind == "c":
            raise TypeError("losses must be real numbers, not %s" % losses.dtype)
        rows = np.ascontiguousarray(rows, np.int64)
        with np.errstate(over="ignore"):       # a loss that is too large for float32 makes the score unknown
            losses = np.ascontiguousarray(losses, np.float32)
        if rows.ndim != 1 or rows.shape != losses.shape:
            raise ValueError("rows and losses must have one dimension and the same length, not %s and %s"
                             % (rows.shape, losses.shape))
        _call("ib_run_record", self._handle(), rows.ctypes.data, losses.ctypes.data, len(rows))

    def commit(self):
        """Fold the losses of the epoch into the score file, which is replaced atomically."""
        _call("ib_run_commit", self._handle())

    def close(self):
        """Unlock the score file. The run cannot be used afterwards."""
        if self._run:
            _library.ib_run_free(self._run)
            self._run = None
        if self._options:
            _library.ib_run_options_free(self._options)
            self._options = None

    def _handle(self):
        if not self._run:
            raise ValueError("the run is closed")
        return self._run

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if _library is not None:
            self.close()


def _text(name, value):
    """Return the value of an option as bytes, written as on a command line."""
    text = os.fsencode(value) if isinstance(value, (str, bytes, os.PathLike)) else str(value).encode()
    if b"\0" in text:
        raise ValueError("the value of %s contains a NUL" % name)
    return text


def _array(values):
    """Return an array with the values of an array, a list or a PyTorch tensor."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":       # numpy does not have this type
            values = values.float()
        values = values.numpy()
    return np.asarray(values)


def _copy(pointer, kind, n):
    """Return a copy of an array that the library owns."""
    kind = np.dtype(kind)
    if n == 0:
        return np.empty(0, kind)
    return np.frombuffer((ctypes.c_char * (n * kind.itemsize)).from_address(pointer.value), kind).copy()
