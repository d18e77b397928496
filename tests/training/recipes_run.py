#!/usr/bin/python3
"""Every recipe on a tiny subset, with the real commands: recipes_run.py [FOLDER OF THE COMMANDS]."""
import argparse
import contextlib
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1 else "build/release")
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"


def run(script, folder, *options, rule="", fails=False, **environment):
    command = [sys.executable, os.path.join(HERE, script), "--tiny", "--bin", BIN, "--dir", folder, "--rule", rule]
    done = subprocess.run([*command, *options], env={**os.environ, **environment}, capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise AssertionError("%s: exit status %d\n%s" % (script, done.returncode, done.stderr))


def content(folder, *patterns):
    names = sorted(n for p in patterns for n in glob.glob(os.path.join(folder, p)))
    return {os.path.basename(n): pathlib.Path(n).read_bytes() for n in names}


def lines(folder, pattern):
    return [json.loads(x) for text in content(folder, pattern).values() for x in text.splitlines()]


def result(folder):
    with open(os.path.join(folder, "result.json")) as f:
        return json.load(f)


def audited(folder):
    """What was kept in each epoch, as the audit log has it; the log verifies."""
    command, log = os.path.join(BIN, "ib-audit"), glob.glob(os.path.join(folder, "*audit.zst"))[0]
    subprocess.run([command, "verify", log], check=True)
    done = subprocess.run([command, "summary", "--json", log], check=True, capture_output=True)
    return [epoch["kept"] for epoch in json.loads(done.stdout)]


def code_of_manual(mark):
    """The literal block after a mark of infobatch-training(7)."""
    text = pathlib.Path(HERE, "../../man/infobatch-training.7").read_text()
    block = text.split('.\\"= %s\n' % mark)[1].split("\n.Ed\n")[0]
    return block.split("\n", 1)[1].replace("\\e", "\\")


def code_of_readme():
    """The first block of README.md that imports infobatch."""
    lines = pathlib.Path(HERE, "../../README.md").read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("    import infobatch"))
    last = next(k for k in range(first, len(lines)) if not lines[k])
    return "\n".join(line[4:] for line in lines[first:last])


class Training(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name

    def folder(self, name):
        return os.path.join(self.scratch, name)

    def pruned(self, script):
        """Run it both ways; the middle epochs are pruned, the last one is full, and both ways keep the same samples."""
        run(script, self.folder("arrays"))
        run(script, self.folder("a"), "--files")
        first = [epoch[1] for epoch in result(self.folder("arrays"))["epochs"][:2]]
        self.assertEqual(first, [epoch[1] for epoch in result(self.folder("a"))["epochs"][:2]])
        for folder in "arrays", "a":
            self.check(folder)

    def check(self, folder):
        folder = self.folder(folder)
        made = result(folder)
        kept = [epoch[1] for epoch in made["epochs"]]
        self.assertEqual(sum(kept), made["visits"])
        self.assertEqual(kept[0], kept[-1])
        self.assertLess(min(kept), kept[0])
        self.assertTrue(0 < made["metric"] < float("inf"))
        self.assertEqual(audited(folder), kept)

    def test_classification(self):
        self.pruned("classification.py")

    def test_segmentation_from_a_tar_with_two_heads(self):
        self.pruned("segmentation.py")
        self.assertEqual(set(lines(self.folder("a"), "loss.1.rank*")[0]), {"id", "epoch", "main", "aux"})

    def test_pretraining_from_csv_with_two_views(self):
        self.pruned("pretraining.py")
        rows = content(self.folder("a"), "loss.1.rank*")["loss.1.rank000.csv"].splitlines()
        self.assertEqual(len(rows) - 1, 2 * result(self.folder("a"))["epochs"][1][1])

    def test_instruction_tuning_from_an_array_without_ids(self):
        self.pruned("instruction.py")
        logged = [i for line in lines(self.folder("a"), "loss.1.rank*") for i in line["id"]]
        with open(os.path.join(self.folder("a"), "epoch.1.json")) as f:
            self.assertEqual(sorted(logged), sorted(r["id"] for r in json.load(f)))

    def test_loops_of_the_manuals_in_process(self):
        """The code of README and infobatch-training(7), as it is, on little data: ib-audit verifies what it wrote."""
        loop.import_infobatch(BIN)
        import infobatch
        import torch
        from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset
        for name, code in ("readme", code_of_readme()), ("sampler", code_of_manual("sampler")):
            with self.subTest(name), contextlib.ExitStack() as there:
                os.mkdir(self.folder(name))
                there.callback(os.chdir, os.getcwd())
                os.chdir(self.folder(name))
                torch.manual_seed(1)
                x, y = torch.randn(300, 8), torch.arange(300) % 3
                model = torch.nn.Linear(8, 3)
                used = {"x": x, "y": y, "data": TensorDataset(torch.arange(300), x, y), "B": 32, "E": 5, "torch": torch,
                        "F": torch.nn.functional, "model": model, "optimizer": torch.optim.SGD(model.parameters(), 0.1),
                        "infobatch": infobatch, "DataLoader": DataLoader, "SubsetRandomSampler": SubsetRandomSampler}
                exec(code, used)
                used["run"].close()
                kept = [n for n in audited(self.folder(name))]
                self.assertEqual((kept[0], kept[-1], len(kept)), (300, 300, 5))
                self.assertLess(min(kept), 300)

    def test_rules_of_the_comparison(self):
        """Rules that the tests above have not run, and weights of mean 1."""
        for k, (rule, normalize) in enumerate(
                ((compare_rules.BUCKETS, "none"), (compare_rules.SCALE, "mean"), (compare_rules.KEEP, "mean"),
                 ("--rule random -r 0.3", "none"))):
            with self.subTest(rule=rule):
                run("redundant.py", self.folder(str(k)), "--normalize", normalize, rule=rule)

    def test_tuning_reads_no_test_set(self):
        read = classification.fashion

        def train_alone(part):
            self.assertEqual(part, "train")
            return read(part)
        with contextlib.ExitStack() as patched:
            for task in compare_rules.TASKS.values():
                module = sys.modules[task.__module__]
                if hasattr(module, "fashion"):
                    patched.enter_context(unittest.mock.patch.object(module, "fashion", train_alone))
            tuned = {name: task(True, True) for name, task in compare_rules.TASKS.items()}
        for name in "classification", "redundant":
            seen = {x.numpy().tobytes() for x in tuned[name].x}
            self.assertFalse(any(x.numpy().tobytes() in seen for x in tuned[name].test), name)
        words = tuned["instruction"]
        self.assertFalse(set(compare_rules.Instruction(True).held) & set(words.held + words.train))
        self.assertFalse(set(words.held) & set(words.train))

    def test_a_run_is_judged_on_the_tenth(self):
        run("redundant.py", self.folder("a"), "--tune")
        self.assertTrue(0 < result(self.folder("a"))["metric"] <= 1)

    def test_choices_are_made_as_the_protocol_says(self):
        """Two rounds, and a step beyond the end of the list, with figures made up; then the stored choices."""
        calls = []

        def figure(tuner, name, seed, rate, *options):
            calls.append((name, seed, rate, *options))
            best = {"full": 0.2, "first": rate, "fewer": 0.3}[name]
            return {"metric": 1 - abs(rate - best * (1.1 if seed == 1 else 1)), "visits": 30, "epochs": [[0, 10, 1.0]]}
        with unittest.mock.patch.object(choose_rates.Tuner, "run", figure):
            made = {}
            for task in "classification", "redundant":
                made[task] = choose_rates.Tuner(argparse.Namespace(out="", tiny=False), task, made).tune()
        classification, redundant = made.values()
        self.assertEqual((classification["rate"], classification["factor"]), (0.2, 1.5))
        self.assertEqual(sorted(map(float, classification["rates"])), [0.025, 0.05, 0.1, 0.2])
        self.assertEqual(redundant["rate"], 0.2)
        self.assertEqual({c[1] for c in calls}, set(choose_rates.SEEDS))
        self.assertTrue(all(c[3:] == ("--epochs", "3.0000") for c in calls if c[0] == "fewer"))
        self.assertLess(max(choose_rates.SEEDS), compare_rules.FIRST_SEED)
        with open(os.path.join(HERE, "choices.json")) as f:
            choices = json.load(f)["tasks"]
        self.assertEqual(set(choices), set(compare_rules.TASKS))
        for choice in *made.values(), *choices.values():
            better = min if choice["figure"] == "perplexity" else max
            for chosen, figures in (choice["rate"], choice["rates"]), (choice["factor"], choice["factors"]):
                both = {float(c): sum(f) for c, f in figures.items() if len(f) == 2}
                if both:        # the redundant data take classification's rate
                    self.assertEqual(both[chosen], better(both.values()))

    def test_a_table_says_whether_it_was_made_in_one_go(self):
        def table():
            command = [sys.executable, os.path.join(HERE, "compare_rules.py"), "--tiny", "--task", "redundant",
                       "--seeds", "1"]
            done = subprocess.run([*command, "--bin", BIN, "--out", self.scratch], capture_output=True, check=True)
            return done.stdout.decode()
        self.assertIn("not interrupted, no run taken over", table())
        os.remove(self.folder("redundant/default.%d.json" % compare_rules.FIRST_SEED))
        again = table()
        self.assertIn("RESUMED: 4 of these runs", again)
        self.assertNotIn("not interrupted", again)

    def test_weighted_coefficients_are_those_of_all_data(self):
        for rule in "-r 0.5", "-r 0.7 --rule infobatch:threshold=q0.7", "--rule random -r 0.4":
            with self.subTest(rule=rule):
                kept, ratio, p, ratio_without, p_without = weighted_coefficients.compare(self.scratch, BIN, rule)
                print("%-24s keeps %.3f: distance %.2f of what the weights predict (p %.3f); without them: %.1f" % (
                    rule, kept, ratio, p, ratio_without))
                self.assertGreater(p, 1e-4)
                if "random" not in rule:        # a plain sample is unbiased without weights too
                    self.assertLess(p_without, 1e-9)

    def test_padding_of_two_ranks_counts_once(self):
        run("classification.py", self.folder("a"), "--ranks", "2", "--files")
        for epoch, kept, _ in result(self.folder("a"))["epochs"]:
            ids = [i for r in lines(self.folder("a"), "loss.%d.rank*" % epoch) for i in r["id"]]
            self.assertEqual(len(set(ids)), kept)
            self.assertEqual(len(ids), kept + kept % 2)
        self.assertTrue(any(kept % 2 for _, kept, _ in result(self.folder("a"))["epochs"]), "no odd epoch to pad")

    def test_a_killed_run_resumes_as_if_never_killed(self):
        # in mid-epoch; before a manifest, a fold, a checkpoint
        one, two = ["losses:9"], ["losses:9", "draw:2", "fold:2", "save:6"]
        for ranks, way, kills in ("1", [], two), ("2", [], two), ("1", ["--files"], one), (
                "2", ["--files"], two):
            options = ["--ranks", ranks, "--every", "2", *way]
            whole = self.folder("whole" + ranks + "".join(way))
            run("classification.py", whole, *options)
            for kill in kills:
                with self.subTest(kill=kill, ranks=ranks, way=way):
                    folder = self.folder(kill + ranks + "".join(way))
                    run("killed_classification.py", folder, *options, fails=True, KILL=kill)
                    self.assertFalse(os.path.exists(os.path.join(folder, "result.json")))
                    run("classification.py", folder, *options)
                    files = "epoch.*", "loss.*", "run.npz"
                    self.assertEqual(content(folder, *files), content(whole, *files))
                    self.assertEqual(audited(folder), audited(whole))
                    for name in "metric", "visits", "epochs":
                        self.assertEqual(result(folder)[name], result(whole)[name])


if __name__ == "__main__":
    try:
        import classification
        import loop
        import weighted_coefficients
        import compare_rules
        import instruction
        import choose_rates
        for folder in classification.FOLDER, instruction.FOLDER:
            os.stat(folder)
    except (ImportError, FileNotFoundError) as missing:
        print("training: skipped: %s (make deps-train installs what the recipes need)" % missing)
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    done = unittest.main(verbosity=1, exit=False).result
    failed = len(done.failures) + len(done.errors)
    sys.stderr.flush()
    print("%d passed, %d failed" % (done.testsRun - failed, failed))
    sys.exit(failed > 0)
