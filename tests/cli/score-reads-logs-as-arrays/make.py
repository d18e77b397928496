"""Write loss logs with numpy.savez, and the expected rows of each log."""
import json
import numpy as np

LOSSES = [0.5, 0.1, 3.0, 0.0, -0.0, 1e-7, 6.5e4]


def score(x):
    """Return the number whose repr is the shortest decimal of a binary32, as in score files."""
    with np.errstate(over="ignore"):
        x = np.float32(x) + np.float32(0)
    if not np.isfinite(x):
        return None
    return float(np.format_float_scientific(x, unique=True))


def case(name, ids, texts, losses, epoch=None, compressed=False, **more):
    arrays = dict(id=ids, loss=losses, **more)
    if epoch is not None:
        arrays['epoch'] = epoch
    (np.savez_compressed if compressed else np.savez)(name + '.npz', **arrays)
    epochs = np.broadcast_to(0 if epoch is None else epoch, len(texts))
    with open(name + '.rows', 'w') as out:
        for t, l, e in zip(texts, losses, epochs):
            e = 0 if e != e else int(e)
            row = {'id': t, 'score': score(l), 'epoch': e, 'visits': 1}
            out.write(json.dumps(row, ensure_ascii=False,
                                 separators=(',', ':')) + '\n')


n = len(LOSSES)
for loss in '<f2', '>f2', '<f4', '>f4', '<f8', '>f8':
    for packed in False, True:
        case(f'loss{"lb"[loss[0] == ">"]}{loss[1:]}{packed:d}', np.arange(n),
             [str(i) for i in range(n)], np.array(LOSSES, loss),
             compressed=packed)
for kind in 'iu':
    for size in 1, 2, 4, 8:
        for order in '<>':
            t = np.dtype(f'{order}{kind}{size}')
            info = np.iinfo(t)
            ids = np.array([info.min, info.max, 7, 0, 1, 99, 100][:n], t)
            if kind == 'u':
                ids[0] = 3
            case(f'id{"lb"[order == ">"]}{kind}{size}', ids,
                 [str(int(i)) for i in ids], np.array(LOSSES, 'f4'))
words = ['a', 'train/00012', 'é', '日本語', '\U0001f600x', '0007', 'x y']
case('bytes', np.array([w.encode() for w in words]), words,
     np.array(LOSSES, 'f4'))
case('little', np.array(words), words, np.array(LOSSES, 'f4'))
case('big', np.array(words).astype('>U11'), words, np.array(LOSSES, 'f4'),
     compressed=True)
case('epochs', np.arange(n), [str(i) for i in range(n)],
     np.array(LOSSES, 'f8'), np.array([5, 4, 3, 2, 1, 0, 2**31 - 1]))
case('floats', np.arange(n), [str(i) for i in range(n)],
     np.array(LOSSES, 'f8'), np.array([5, np.nan, 3, 2, 1, 0, 7.0]))
case('scalar', np.arange(n), [str(i) for i in range(n)],
     np.array(LOSSES, 'f8'), np.int64(12))
case('odd', np.arange(4), list('0123'),
     np.array([np.nan, np.inf, -np.inf, 1e39]), 2)
case('many', np.arange(200000), [str(i) for i in range(200000)],
     np.arange(200000).astype('f4') / 7, 1)
np.savez('parts.npz', id=np.array(['a', 'b', 'a']),
         cls=np.array([1, 2, 3], 'f4'), box=np.array([4, 8, 16], 'f8'),
         when=np.array([3, 3, 3], 'u1'))
np.savez('keys.npz', user=np.array(['ann', 'bob']), n=np.array([1, 2]),
         loss=np.array([1, 2], 'f4'))
np.savez('empty.npz', id=np.array([], 'i8'), loss=np.array([], 'f4'))
