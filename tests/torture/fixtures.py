"""The inputs of the torture test: small, with one file of every kind that is read."""
import io
import json
import os
import subprocess
import tarfile

import numpy as np

COMPRESSORS = {'zst': 'zstd -q', 'gz': 'gzip -n', 'xz': 'xz', 'bz2': 'bzip2', 'lz4': 'lz4 -q'}


def ids(n):
    return [f'train/{i:05d}' for i in range(n)]


def loss_of(i, epoch):
    return round(0.1 + (i * 37 % 101) / 40 / (1 + epoch), 4)


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


def write_manifests(n):
    rows = [{'id': i, 'label': k % 5} for k, i in enumerate(ids(n))]
    write('train.jsonl', ''.join(json.dumps(r) + '\n' for r in rows))
    write('escaped.jsonl', ''.join('{"\\u0069d":"%s","label":{"a\\u0062":"x\\ty"}}\n' % r['id'].replace('/', '\\/')
                                   for r in rows))
    write('train.json', json.dumps(rows))
    write('train.csv', 'id,label\n' + ''.join(f'"{r["id"]}",{r["label"]}\n' for r in rows))
    write('train.tsv', 'id\tlabel\n' + ''.join(f'{r["id"]}\t{r["label"]}\n' for r in rows))
    write('train.lst', ''.join(r['id'] + '\n' for r in rows))
    write('logs.txt', '../in/loss.0.jsonl\n../in/loss.1.csv\n')
    write('notes.txt', ''.join(f'note {k}\n' for k in range(n)))


def write_tar(path, n):
    with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT) as tar:
        for k, i in enumerate(ids(n)):
            for suffix, data in (('.json', b'{"label":%d}' % (k % 5)), ('.bin', b'x' * (k % 25 * 40))):
                info = tarfile.TarInfo(i + ('/' + 'deep/' * 30 if k == 3 else '') + suffix)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def write_losses(n):
    for e in range(3):
        rows = [(i, e, loss_of(k, e)) for k, i in enumerate(ids(n))]
        write(f'loss.{e}.jsonl', ''.join(json.dumps({'id': i, 'epoch': e, 'loss': x}) + '\n' for i, e, x in rows))
        write(f'loss.{e}.csv', 'id,epoch,loss\n' + ''.join(f'{i},{e},{x}\n' for i, e, x in rows))
        write(f'loss.{e}.tsv', 'id\tepoch\tloss\n' + ''.join(f'{i}\t{e}\t{x}\n' for i, e, x in rows))
        write(f'loss.{e}.json', json.dumps([{'id': i, 'epoch': e, 'loss': x} for i, e, x in rows]))
        columns = {'id': np.array([r[0] for r in rows]), 'epoch': np.full(n, e),
                   'loss': np.array([r[2] for r in rows], '<f4')}
        np.savez(f'loss.{e}.npz', **columns)
        np.savez_compressed(f'deflated.{e}.npz', **columns)
    write('batch.jsonl', json.dumps({'ids': ids(n), 'epoch': 0, 'losses': [loss_of(k, 0) for k in range(n)]}) + '\n')


def compress(*names):
    for name in names:
        for suffix, command in COMPRESSORS.items():
            with open(name, 'rb') as i, open(f'{name}.{suffix}', 'wb') as o:
                subprocess.run(command.split() + ['-c'], stdin=i, stdout=o, check=True)


def run(bin, command):
    words = command.split()
    r = subprocess.run([os.path.join(bin, words[0]), '-q', *words[1:]], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True)
    if r.returncode:
        raise SystemExit(f'{command}: exit {r.returncode}: {r.stderr}')


def make(bin, n):
    """Make all fixtures, in the working directory."""
    write_manifests(n)
    write_tar('train.tar', n)
    write_losses(n)
    compress('train.jsonl', 'loss.0.jsonl', 'train.tar')
    for command in (
            'ib-score -o old.npz loss.0.jsonl',
            'ib-score -o s.npz loss.0.jsonl loss.1.jsonl',
            'ib-score -o s.jsonl loss.0.jsonl loss.1.jsonl',
            'ib-score -o part.0.npz --part 0/2 --write-totals totals.0.json loss.0.jsonl loss.1.jsonl',
            'ib-score -o part.1.npz --part 1/2 --write-totals totals.1.json loss.0.jsonl loss.1.jsonl',
            'ib-score --write-totals totals.json totals.0.json totals.1.json',
            'ib-prune --totals totals.json -e 2 --keep 0.7 --write-bins bins.json',
            'ib-score -s part.0.npz -o again.npz --part 0/2 --bins bins.json --write-totals fine.0.json',
            'ib-score -s part.1.npz -o again.npz --part 1/2 --bins bins.json --write-totals fine.1.json',
            'ib-score --bins bins.json --write-totals fine.json fine.0.json fine.1.json',
            'ib-prune -s s.npz -e 2 --rule random -a log.zst -o epoch.jsonl train.jsonl',
            'ib-prune -s s.npz -e 3 -a log.zst -o epoch.jsonl train.jsonl',
            'ib-prune -s s.npz -e 4 -a log.zst --receipt receipt.json -o epoch.jsonl train.jsonl',
            'ib-prune -s s.npz -e 2 -o epoch.csv train.csv',
            'ib-prune -s s.npz -e 2 -o epoch.json train.json',
            'ib-prune -s s.npz -e 2 -o epoch.tar train.tar',
            'ib-prune -s s.npz -e 2 -w weights.tsv -o kept.jsonl train.jsonl'):
        run(bin, command)
    compress('s.npz', 's.jsonl', 'totals.json')
    with open('plain.log', 'wb') as o:
        subprocess.run(['zstd', '-dcq', 'log.zst'], stdout=o, check=True)
    subprocess.run(['zstd', '-q', 'plain.log', '-o', 'joined.zst'], check=True)
    with np.load('s.npz', allow_pickle=True) as z:
        np.savez_compressed('deflated.npz', **{k: z[k] for k in z.files if k != 'meta.json'})
