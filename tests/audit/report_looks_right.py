"""A browser shows the report with the width of a phone and of a desktop, in light and dark
colors. Nothing overflows, no text is too small or too pale, every shape has enough contrast
to its card, and labels do not overlap.

A script in a copy of the page lists the values that the browser computed, and this program
checks the list. Contrast is defined by the relative luminance of WCAG 2."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

from common import Log, run, write_jsonl

BROWSER = shutil.which('chromium') or shutil.which('chromium-browser')
SCRIPT = '''<script>
const seen = { width: innerWidth, page: document.documentElement.scrollWidth, texts: [],
  shapes: [], wide: [], plots: [], tiles: [], folded: [] };
const hidden = e => e.closest('details:not([open])') && !e.closest('summary');
function background(e) {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c != 'rgba(0, 0, 0, 0)') return c;
  }
}
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let n; n = walk.nextNode();) {
  const e = n.parentElement, s = getComputedStyle(e);
  if (!n.data.trim() || e.closest('script,title') || hidden(e) || s.display == 'none') continue;
  seen.texts.push([n.data.slice(0, 40), parseFloat(s.fontSize), s.color, background(e)]);
}
for (const e of document.querySelectorAll('svg path, svg rect')) {
  const s = getComputedStyle(e), name = e.getAttribute('class');
  if (/^(grid|tip)$|case|median|dot/.test(name)) continue;
  seen.shapes.push([name, s.fill == 'none' ? s.stroke : s.fill, background(e), s.opacity,
    s.fillOpacity]);
}
for (const e of document.querySelectorAll('body *')) {
  const r = e.getBoundingClientRect(), card = e.closest('section,.tile');
  if (hidden(e) || !r.width || e.closest('svg') || (e.closest('.scroll') && !e.matches('.scroll'))) continue;
  const edge = card && card != e ? card.getBoundingClientRect() : { left: 0, right: innerWidth };
  if (r.right > edge.right + 1 || r.left < edge.left - 1)
    seen.wide.push([e.tagName, e.className, r.left, r.right, edge.left, edge.right]);
}
for (const p of document.querySelectorAll('.plot'))
  seen.plots.push([...p.querySelectorAll('span')].map(e => {
    const r = e.getBoundingClientRect();
    return [e.className, e.textContent, r.left, r.right, r.top, r.bottom];
  }));
for (const e of document.querySelectorAll('.tile'))
  seen.tiles.push([e.className, e.getBoundingClientRect().left, e.textContent]);
for (const e of document.querySelectorAll('table'))
  seen.folded.push([e.id, e.rows.length - 1, !!hidden(e)]);
parent.postMessage(JSON.stringify(seen), '*');
</script>'''
# A window of the browser is at least 500 pixels wide; a frame may be narrower.
FRAME = '''<body style="margin:0"><script>
onmessage = m => {
  const out = document.createElement('pre');
  out.id = 'seen';
  out.textContent = m.data;
  document.body.replaceChildren(out);
};
</script><iframe src="probe.html" style="border:0;width:%dpx;height:1200px"></iframe>'''


def luminance(color):
    v = [float(x) / 255 for x in re.findall(r'[\d.]+', color)[:3]]
    v = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in v]
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def look(page, width, dark):
    text = open(page, encoding='utf-8').read()
    assert '<script' not in text
    with open('probe.html', 'w', encoding='utf-8') as f:
        f.write(text.replace('</body>', SCRIPT + '</body>'))
    with open('frame.html', 'w') as f:
        f.write(FRAME % width)
    p = subprocess.run(
        [BROWSER, '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
         '--blink-settings=preferredColorScheme=%d' % (0 if dark else 1),
         '--user-data-dir=' + os.path.abspath('profile'), '--window-size=1300,1200',
         '--virtual-time-budget=10000', '--dump-dom', 'file://' + os.path.abspath('frame.html')],
        capture_output=True, text=True, timeout=1200)
    found = re.search(r'<pre id="seen">(.*)</pre>', p.stdout, re.S)
    assert found, p.stderr
    return json.loads(found[1].replace('&lt;', '<').replace('&gt;', '>').replace('&amp;', '&'))


def overlap(a, b):
    return a[2] < b[3] and b[2] < a[3] and a[4] < b[5] and b[4] < a[5]


def check(page, width, dark):
    where = page, width, 'dark' if dark else 'light'
    seen = look(page, width, dark)
    assert seen['width'] == width and seen['page'] <= width, (where, seen['page'])
    assert not seen['wide'], (where, seen['wide'])
    for text, size, color, back in seen['texts']:
        assert size >= 11, (where, text, size)
        assert contrast(color, back) >= 4.5, (where, text, color, back)
    for name, color, back, *opacity in seen['shapes']:
        assert opacity == ['1', '1'], (where, name, opacity)
        assert contrast(color, back) >= 3, (where, name, color, back)
    assert (luminance(seen['texts'][0][3]) < 0.1) == dark, where
    for plot in seen['plots']:
        for i, a in enumerate(plot):
            for b in plot[:i]:
                assert not overlap(a, b), (where, a, b)
    for name, rows, folded in seen['folded']:
        assert folded == (rows > 40 and name != 'parameters'), (where, name, rows)
    if width < 500:
        narrow = [left for c, left, _ in seen['tiles'] if 'bad' not in c]
        assert len(set(narrow)) == min(2, len(narrow)), (where, seen['tiles'])
    return seen


def ticks(seen, plot=0):
    return [s[1] for s in seen['plots'][plot] if s[0] == 'x']


def make_run(name, ids, epochs, losses=True, rise=10 ** 9, hold=None, classes=(), scale=1):
    """Make a run in a separate folder. From epoch `rise` on, the losses are higher."""
    r = np.random.default_rng(3)
    os.mkdir(name)
    os.chdir(name)
    write_jsonl('m.jsonl', [{'id': i, 'class': classes[min(k, len(classes) - 1)]} if classes else
                            {'id': i} for k, i in enumerate(ids)])
    for e in range(epochs):
        options = ['--warmup', e + 1] if e == hold else []
        run('ib-prune', '-q', '-s', 'run.npz', '-e', e, *options, '-a', 'run.audit.zst', '-o',
            'epoch.jsonl', 'm.jsonl')
        if not losses and e:
            continue
        write_jsonl('loss.%d.jsonl' % e, [
            {'id': json.loads(l)['id'], 'epoch': e,
             'loss': scale * float(r.exponential() * 0.9 ** e + 3 * (e >= rise))}
            for l in open('epoch.jsonl')])
        run('ib-score', '-e', e, '-u', 'run.npz', 'loss.%d.jsonl' % e)
    logs = ['loss.%d.jsonl' % e for e in range(epochs)] if losses else []
    by = ['--by', 'class', '--manifest', 'm.jsonl'] if classes else []
    run('ib-audit', 'report', '-q', *by, '--cost-per-epoch', '12.5', '-o', '../%s.html' % name,
        'run.audit.zst', *logs)
    os.chdir('..')


def check_all(page):
    seen = [check(page, width, dark) for width in (390, 1280) for dark in (False, True)]
    return seen[0]


def words(seen):
    return ' '.join(t[0] for t in seen['texts'])


def check_pages():
    ids = ['<b>%d&amp;"\x01é' % i for i in range(200)]
    make_run('alarm', ids, 8, rise=5, classes=['a<b>', '"&amp;', 'c'])
    bad = [t for c, _, t in check_all('alarm.html')['tiles'] if 'bad' in c]
    assert len(bad) == 1 and 'alarm in epoch 5' in bad[0] and 'Keep every sample' in bad[0], bad

    make_run('held', ids, 9, rise=5, hold=6)
    seen = check_all('held.html')
    assert not any('bad' in c for c, _, _ in seen['tiles']), seen['tiles']
    assert 'Epoch 6 kept every sample.' in words(seen)
    assert [s[0] for s in seen['shapes']].count('point warm') == 1

    make_run('one', ids, 1)
    seen = check_all('one.html')
    assert 'Nothing pruned yet' in words(seen) and ticks(seen) == ['0']
    assert [s[0] for s in seen['shapes']] == ['c2', 'area c1', 'area c2']  # the losses are shown

    for scale in 1e-9, -1, 1e5, 1e20:
        make_run('%g' % scale, ids[:50], 3, scale=scale)
        check_all('%g.html' % scale)

    open('empty.audit.zst', 'w').close()
    run('ib-audit', 'report', '-o', 'empty.html', 'empty.audit.zst')
    seen = check('empty.html', 390, False)
    assert 'The audit log has no finished epoch.' in words(seen) and not seen['plots']

    make_run('two', ids[:2], 1)
    assert [s[1] for s in check_all('two.html')['plots'][0] if s[0] == 'y'] == ['0', '1', '2']

    make_run('zero', ids, 1, losses=False)
    seen = check_all('zero.html')
    assert words(seen).count('Nothing pruned yet') >= 4 and len(seen['plots']) == 1
    assert not any(c for c, _, t in seen['tiles'] if 'good' in c), seen['tiles']

    make_run('many', ids[:100], 300, losses=False)
    seen = check_all('many.html')
    assert ticks(seen) == ['0', '50', '100', '150', '200', '250'], ticks(seen)

    make_run('long', [('/data/' + 'folder-without-end/' * 12)[:190] + '%010d' % i
                      for i in range(100)], 6, classes=['many-a-word-' * 16 + str(i)
                                                        for i in range(70)])
    assert ['by', 51, True] in check_all('long.html')['folded']

    log = Log('held/run.audit.zst')
    for k, r in enumerate(log.runs):
        tail = json.loads(r[-1])
        log.edit(k, -1, samples=10 ** 7, kept=10 ** 7 - 50000 * tail['pruned'],
                 pruned=50000 * tail['pruned'], weight_sum=1e7)
    log.chain()
    log.write('big.audit.zst')
    run('ib-audit', 'report', '-q', '--cost-per-epoch', '123456.5', '-o', 'big.html',
        'big.audit.zst')
    seen = check_all('big.html')
    assert [s[1] for s in seen['plots'][0] if s[0] == 'y'][:6] == ['0', '2M', '4M', '6M', '8M',
                                                                  '10M'], seen['plots'][0]


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    if BROWSER:
        check_pages()
    else:
        print('look of the report: skipped: no chromium')
    os.chdir('/')
