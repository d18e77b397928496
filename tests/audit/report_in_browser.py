"""A browser shows the report without console messages and without requests, and
its numbers equal those of ib-audit summary --json."""
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from common import run, table, write_jsonl

BROWSER = shutil.which('chromium') or shutil.which('chromium-browser')


class Tables(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.table, self.rows, self.tags, self.urls = None, {}, [], []

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.tags.append(tag)
        self.urls += [v for k, v in attrs if k in ('src', 'href')]
        if tag == 'table':
            self.table = self.rows.setdefault(a['id'], [])
        elif tag == 'tr' and self.table is not None:
            self.table.append([])
        elif tag == 'td':
            self.table[-1].append(a.get('data-value'))


def make_run():
    """Make a small pruned run, with ids that a page must escape."""
    r = np.random.default_rng(3)
    ids = ['<b>%d&amp;"\x01é' % i for i in range(300)]
    write_jsonl('m.jsonl', [{'id': i} for i in ids])
    logs = []
    for e in range(6):
        run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-E', 6, '-a',
            'run.audit.zst', '-o', 'epoch.jsonl', 'm.jsonl')
        kept = open('epoch.jsonl').read()
        logs.append('loss.%d.jsonl' % e)
        write_jsonl(logs[-1], [
            {'id': i, 'epoch': e, 'loss': float(r.exponential(2 / (e + 1)))}
            for i in ids if json.dumps(i)[1:-1] in kept])
        run('ib-score', '-e', e, '-u', 'run.npz', logs[-1])
    return logs


def check_page(page):
    t = Tables()
    t.feed(page)
    assert 'script' not in t.tags
    assert all(u == 'data:,' for u in t.urls), t.urls
    assert t.tags.count('svg') == 4 and not re.search('https?:', page)
    summary = table('ib-audit', 'summary', 'run.audit.zst')
    rows = [r for r in t.rows['summary'] if r]
    assert len(rows) == len(summary) == 6
    names = ('epoch', 'samples', 'kept', 'pruned', 'share', 'threshold',
             'weight_sum', None, 'saved')
    for row, s in zip(rows, summary):
        for value, name in zip(row, names):
            want = 'null' if name and s[name] is None else \
                repr(s[name]) if name else value
            assert value == want, (name, value, want)
    assert len([r for r in t.rows['drift'] if r]) == 6
    assert len([r for r in t.rows['pruned'] if r]) == 20
    assert '<b>1' not in page.split('<body>')[1]


def browse(path):
    p = subprocess.run(
        [BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
         '--user-data-dir=' + os.path.abspath('profile'),
         '--enable-logging=stderr', '--window-size=1000,3600',
         '--screenshot=page.png', 'file://' + os.path.abspath(path)],
        capture_output=True, text=True, timeout=1200)
    assert p.returncode == 0, p.stderr
    assert 'CONSOLE' not in p.stderr, p.stderr
    assert os.path.getsize('page.png') > 50000  # not a blank page
    p = subprocess.run(
        [BROWSER, '--headless', '--no-sandbox', '--disable-gpu',
         '--user-data-dir=' + os.path.abspath('profile'), '--dump-dom',
         'file://' + os.path.abspath(path)],
        capture_output=True, text=True, timeout=1200)
    return p.stdout


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    logs = make_run()
    run('ib-audit', 'report', 'run.audit.zst', *logs, '-o', 'report.html')
    check_page(open('report.html', encoding='utf-8').read())
    run('ib-audit', 'report', 'run.audit.zst', '-o', 'short.html')
    if BROWSER:
        check_page(browse('report.html'))
    else:
        print('report: skipped: no chromium')
    os.chdir('/')
