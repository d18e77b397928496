"""The report and the metrics have the same numbers per class as summary --by, and escape names."""
import html
import re

from common import run, table, write_jsonl

# Half of the samples have a low loss; they are the class <low>.
IDS = range(120)
LOW = '<low> "\\'
write_jsonl('m.jsonl', [{'id': i, 'meta': {'c': LOW if i % 4 == 0 else 'high'}} for i in IDS])
write_jsonl('l.jsonl', [{'id': i, 'epoch': 0, 'loss': 1 if i % 4 == 0 else 3} for i in IDS])
run('ib-score', '-o', 's.npz', 'l.jsonl')
for e in 1, 2, 3:
    run('ib-prune', '-q', '-s', 's.npz', '-e', e, '-a', 'run.audit.zst', '-o', 'o', 'm.jsonl')
BY = '--by', 'meta.c', '--manifest', 'm.jsonl', 'run.audit.zst'
rows = table('ib-audit', 'summary', '-q', *BY)
assert [(s['value'], s['samples']) for s in rows] == [(LOW, 30), ('high', 90)]

page, err = run('ib-audit', 'report', *BY, keep=True)
page = page.decode()
assert err.count('more than twice the average') == 1, err
part = page[page.index('Samples by meta.c</h2>'):].split('</section>')[0]
got = [[html.unescape(t) if not v else v for v, t in
        re.findall(r'<td[^>]*?(?: data-value="([^"]*)")?>([^<]*)</td>', tr)]
       for tr in re.findall(r'<tr>(<td.*?)</tr>', part)]
want = [[html.unescape(s['value'].replace('\\', '\\\\')), *(repr(s[n]) for n in (
    'samples', 'share_pruned', 'ratio', 'mean_weight', 'share_of_saved'))] for s in rows]
assert got == want, (got, want)
assert 'is pruned more than twice as much as the average: %.1f%%.' % (100 * rows[0]['share_pruned']) in part
assert 'Average of all samples: %.1f%%' % (
    100 * sum(s['pruned'] for s in rows) / 360) in part

text = run('ib-audit', 'metrics', '-q', *BY).decode()
for s in rows:
    label = '{run="run",field="meta.c",value="%s"} ' % \
        s['value'].replace('\\', '\\\\').replace('"', '\\"')
    assert 'ib_prune_class_samples%s%d\n' % (label, s['samples']) in text, text
    assert 'ib_prune_class_pruned_ratio%s%r\n' % (label, s['share_pruned']) in text, text
    assert 'ib_prune_class_saved_ratio%s%r\n' % (label, s['share_of_saved']) in text, text
    assert 'ib_prune_class_mean_weight%s%r\n' % (label, s['mean_weight']) in text, text
