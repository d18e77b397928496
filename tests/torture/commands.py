"""Command lines that reach every reader and every writer.

The outputs of a line are the words after -o, -u, -U, -w, -a, --receipt ... that begin
with "out". OLD names, after a colon, the fixture that an output contains before the run."""
# name of an output -> the fixture that it contains before the run
OLD = {'out.npz': 'old.npz', 'out.audit.zst': 'log.zst', 'out.joined.zst': 'joined.zst', 'out.jsonl': 'epoch.jsonl',
       'out.0.jsonl': 'epoch.jsonl', 'out.w.tsv': 'weights.tsv'}

IN = '../in/'

LINES = '''
ib-score -o out.npz loss.0.jsonl loss.1.jsonl
ib-score -u out.npz loss.1.jsonl
ib-score -u out.new.npz --expect epoch.jsonl loss.2.jsonl
ib-score -o out.jsonl loss.0.csv loss.1.tsv
ib-score loss.0.json
ib-score -o out.npz.zst loss.0.npz loss.1.npz
ib-score -o out.jsonl.gz deflated.0.npz
ib-score -o out.new.npz loss.0.jsonl.zst
ib-score -o out.new.npz loss.0.jsonl.gz
ib-score -o out.new.npz loss.0.jsonl.xz
ib-score -o out.new.npz loss.0.jsonl.bz2
ib-score -o out.new.npz loss.0.jsonl.lz4
ib-score -o out.new.npz batch.jsonl
ib-score -o out.new.npz -s s.npz.zst --duplicates mean loss.2.jsonl
ib-score -o out.new.npz s.jsonl
ib-score s.npz
ib-score deflated.npz
ib-score -o out.%d.npz --split 3 s.npz
ib-score -o out.npz --part 0/2 --write-totals out.totals.json loss.0.jsonl loss.1.jsonl
ib-score --write-totals out.totals.json totals.0.json totals.1.json
ib-score -s part.0.npz -o out.npz --part 0/2 --bins bins.json --write-totals out.totals.json
ib-score --bins bins.json --write-totals out.totals.json fine.0.json fine.1.json
ib-score -o out.new.npz part.0.npz part.1.npz
ib-score -o out.new.npz --files-from logs.txt
ib-prune -s s.npz -e 2 -o out.jsonl train.jsonl
ib-prune -s s.npz -e 2 -o out.jsonl --keep-all --explain --id-field key train.jsonl
ib-prune -s s.npz -e 2 -o out.jsonl escaped.jsonl
ib-prune -s s.npz -e 5 -a out.audit.zst --receipt out.receipt.json -o out.jsonl -U out.un.jsonl train.jsonl
ib-prune -s s.npz -e 5 -a out.joined.zst -o out.jsonl train.jsonl
ib-prune -s s.npz -e 2 -a out.fresh.zst train.jsonl
ib-prune -s s.npz -e 2 -w out.w.tsv -o out.jsonl train.jsonl
ib-prune -s s.npz -e 2 -o out.json.zst -U out.un.json train.json
ib-prune -s s.npz -e 2 -o out.csv -U out.un.csv train.csv
ib-prune -s s.npz -e 2 -o out.tsv.gz train.tsv
ib-prune -s s.npz -e 2 -o out.lst train.lst
ib-prune -s s.npz -e 2 -o out.tar -U out.un.tar -w out.w.tsv train.tar
ib-prune -s s.npz -e 2 -o out.tar train.tar.zst
ib-prune -s s.npz -e 2 --split 2 -o out.%d.jsonl -w out.w.%d.tsv train.jsonl
ib-prune -s s.npz -e 2 --split 2 -o out.%d.tar train.tar
ib-prune -s s.npz -e 2 -o out.%s --allow-duplicates --receipt out.receipt.json train.jsonl train.csv
ib-prune -s s.npz -e 2 --companion notes.txt:out.notes.txt -o out.jsonl train.jsonl.gz
ib-prune -s s.npz.zst -e 2 train.jsonl.zst
ib-prune -s s.npz.gz -e 2 train.jsonl.xz
ib-prune -s loss.0.jsonl -e 2 --sampling fixed train.jsonl.bz2
ib-prune -s deflated.npz -e 2 --keep 0.6 train.jsonl.lz4
ib-prune -s s.jsonl -e 2 --rule proportional --keep 0.7 train.jsonl
ib-prune -s s.npz -e 2 --rule rank train.jsonl
ib-prune -s s.npz -e 2 --dry-run train.jsonl
ib-prune --totals totals.json -e 2 --keep 0.7 --write-bins out.bins.json
ib-prune -s part.0.npz --totals fine.json -e 2 --keep 0.7 --part 0/2 -o out.jsonl train.jsonl
ib-prune -s s.npz -e 2 --max-unseen 100% -k @hash train.jsonl
ib-weights -o out.txt epoch.jsonl
ib-weights -O tsv --normalize mean -o out.tsv epoch.csv
ib-weights -O jsonl epoch.json
ib-weights -O npy -o out.npy --base train.jsonl epoch.jsonl
ib-weights -O npz -o out.npz --base train.jsonl --index out.index.npy epoch.jsonl
ib-weights -O f32 -o out.f32 --base train.tar epoch.tar
ib-weights -O tsv epoch.tar
ib-weights --stats --base train.jsonl epoch.jsonl
ib-weights --check --base train.jsonl --receipt receipt.json epoch.jsonl
ib-audit summary log.zst
ib-audit summary --json -o out.json log.zst
ib-audit list log.zst
ib-audit show -s s.npz log.zst train/00003 train/00004
ib-audit verify log.zst
ib-audit verify -s s.npz joined.zst
ib-audit drift loss.0.jsonl loss.1.jsonl loss.2.jsonl
ib-audit drift --json loss.0.npz loss.1.csv
ib-audit report -o out.html log.zst loss.0.jsonl loss.1.jsonl loss.2.jsonl
ib-audit simulate -E 4 loss.0.jsonl loss.1.jsonl loss.2.jsonl
ib-audit suspects loss.0.jsonl loss.1.jsonl loss.2.jsonl
ib-audit metrics -o out.prom log.zst
ib-audit metrics -s s.npz -o out.prom log.zst loss.0.jsonl loss.1.jsonl loss.2.jsonl
'''.strip().split('\n')

# Runs of these command lines are killed, with the same fixtures and with larger ones.
KILLED = '''
ib-score -u out.npz loss.1.jsonl
ib-score -o out.%d.npz --split 3 s.npz
ib-prune -s s.npz -e 2 -o out.jsonl train.jsonl
ib-prune -s s.npz -e 5 -a out.audit.zst --receipt out.receipt.json -o out.jsonl -U out.un.jsonl train.jsonl
ib-prune -s s.npz -e 5 -a out.fresh.zst -o out.jsonl.zst train.jsonl
ib-prune -s s.npz -e 2 --split 2 -o out.%d.jsonl -w out.w.%d.tsv train.jsonl
ib-prune -s s.npz -e 2 -o out.tar -w out.w.tsv train.tar
ib-weights -O npz -o out.npz --base train.jsonl --index out.index.npy epoch.jsonl
ib-audit report -o out.html log.zst loss.0.jsonl loss.1.jsonl
'''.strip().split('\n')
