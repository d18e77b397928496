#!/usr/bin/python3
"""Run every recipe on a tiny subset with the real commands: recipes_run.py [FOLDER OF THE COMMANDS]."""
import argparse
import contextlib
import glob
import json
import os
import pathlib
import re
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
    """The number of kept samples of each epoch in the audit log, after ib-audit verify has accepted the log."""
    command, log = os.path.join(BIN, "ib-audit"), glob.glob(os.path.join(folder, "*audit.zst"))[0]
    subprocess.run([command, "verify", log], check=True)
    done = subprocess.run([command, "summary", "--json", log], check=True, capture_output=True)
    return [epoch["kept"] for epoch in json.loads(done.stdout)]


def code_of_manual(mark):
    """The code block of infobatch-training(7) that follows the comment `= MARK`."""
    text = pathlib.Path(HERE, "../../man/infobatch-training.7").read_text()
    block = text.split('.\\"= %s\n' % mark)[1].split("\n.Ed\n")[0]
    return block.split("\n", 1)[1].replace("\\e", "\\")


def code_of_readme():
    """The first code block of README.md that imports infobatch."""
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
        """Run it both ways: the middle epochs are pruned, the last one is not, and both ways keep equally many."""
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
        """The code of README and infobatch-training(7) runs unchanged, and ib-audit verifies the audit log."""
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

    def test_other_rules(self):
        """Rules that the tests above do not run, and weights of mean 1."""
        for k, (rule, normalize) in enumerate(
                (("--rule buckets:q0.2=0.75,q0.85=0.5", "none"), ("--rule proportional:scale=5,floor=0.2", "mean"),
                 ("--rule proportional:proxy=loss,floor=0.2 --keep 0.6", "mean"), ("--rule random -r 0.3", "none"))):
            with self.subTest(rule=rule):
                run("redundant.py", self.folder(str(k)), "--normalize", normalize, rule=rule)

    def test_tuning_reads_no_test_set(self):
        read = classification.fashion

        def train_alone(part):
            self.assertEqual(part, "train")
            return read(part)
        with contextlib.ExitStack() as patched:
            for module in classification, segmentation, pretraining, redundant, augmented, small_tasks:
                patched.enter_context(unittest.mock.patch.object(module, "fashion", train_alone))
            for kinds in small_tasks.KINDS, LARGE:
                tuned = {name: kind(True, True) for name, kind in kinds.items()}
                for name in "classification", "redundant", "augmented":
                    seen = {x.numpy().tobytes() for x in tuned[name].x}
                    self.assertFalse(any(x.numpy().tobytes() in seen for x in tuned[name].test), name)
                words = tuned["instruction"]
                self.assertFalse(set(kinds["instruction"](True).held) & set(words.held + words.train))
                self.assertFalse(set(words.held) & set(words.train))

    def test_a_run_is_judged_on_the_tenth(self):
        run("redundant.py", self.folder("a"), "--tune")
        self.assertTrue(0 < result(self.folder("a"))["metric"] <= 1)

    def test_choices_are_made_as_the_protocol_says(self):
        """Two rounds, and a step beyond the end of the list, with invented figures; then the stored choices."""
        calls = []

        def figure(tuner, name, seed, rate, **options):
            calls.append((name, seed, rate, options.get("epochs")))
            best = 0.3 if name.startswith("fewer") else 0.2
            return 1 - abs(rate - best * (1.1 if seed == 1 else 1))
        args = argparse.Namespace(out=self.scratch, tiny=False)
        with unittest.mock.patch.object(choose_rates.Tuner, "run", figure):
            tuner = choose_rates.Tuner(args, "classification")
            rate, rates = tuner.rate()
            factor, factors = tuner.factor(rate)
        self.assertEqual((rate, factor), (0.2, 1.4))
        self.assertEqual(sorted(rates), [0.025, 0.05, 0.1, 0.2])
        self.assertEqual({c[1] for c in calls}, set(choose_rates.SEEDS))
        self.assertTrue(all(c[3] == 0.6 * 12 for c in calls if c[0].startswith("fewer")))
        self.assertLess(max(choose_rates.SEEDS), compare_rules.FIRST_SEED)
        with open(os.path.join(HERE, "choices.json")) as f:
            choices = json.load(f)
        self.assertEqual(set(choices["tasks"]), set(small_tasks.KINDS))
        for task, choice in choices["tasks"].items():
            better = min if task == "instruction" else max
            for chosen, figures in (("rate", "rates"), ("fewer", "fewer_factors"), ("default", "default_factors"),
                                    ("recipe", "recipe_factors")):
                most = max(len(f) for f in choice[figures].values())
                tried = {float(c): sum(f) for c, f in choice[figures].items() if len(f) == most}
                self.assertEqual(tried[choice[chosen]], better(tried.values()), (task, chosen))
        sums = {c: sum(gain for task, gain in g.items() if task not in choose_rates.ADDED)
                for c, g in choices["gains"].items()}
        self.assertEqual(max(sums, key=sums.get), "%(rule)s %(stretch).2f" % choices["recipe"])

    def test_a_comparison_goes_on_where_it_was(self):
        def lines_of(*options):
            subprocess.run([sys.executable, os.path.join(HERE, "compare_rules.py"), "redundant", "--tiny", "--bin", BIN,
                            "--out", self.scratch, *options], capture_output=True, check=True)
            with open(self.folder("redundant.jsonl")) as made:
                return made.read().splitlines()
        one = lines_of("--seeds", "1")
        self.assertEqual([json.loads(line)["row"] for line in one][:2], ["all data", "fewer epochs"])
        with open(self.folder("redundant.jsonl"), "w") as cut:
            cut.writelines(line + "\n" for line in one[:3])
        two = lines_of("--seeds", "2")
        self.assertEqual(two[:3], one[:3])
        self.assertEqual([json.loads(a)["figure"] for a in two[:len(one)]], [json.loads(a)["figure"] for a in one])
        self.assertEqual(len(two), 2 * len(one))
        for line in map(json.loads, two):
            if line["row"].startswith("proportional"):
                self.assertAlmostEqual(line["saved"], 0.4, delta=0.02)
        tables = subprocess.run([sys.executable, os.path.join(HERE, "tables.py"), self.scratch], capture_output=True,
                                check=True)
        self.assertIn("2 paired seeds from 101", tables.stdout.decode())

    def test_saved_time_is_measured_in_pairs(self):
        result = subprocess.run([sys.executable, os.path.join(HERE, "saved_time.py"), "classification", "--tiny", "--bin",
                                 BIN, "--pairs", "2", "--epochs", "3"], capture_output=True, check=True)
        head, row = result.stdout.decode().splitlines()
        self.assertEqual(head.split()[-2:], ["lowest,", "highest"])
        # The recipe saves 40 % of the visits. In 3 draws from 601 samples, the standard deviation is 1 %.
        self.assertAlmostEqual(float(re.search(r"([0-9.]+) % ", row).group(1)), 40, delta=3)

    def test_weighted_coefficients_are_those_of_all_data(self):
        for rule in "-r 0.5", "-r 0.7 --rule infobatch:threshold=q0.7", "--rule random -r 0.4":
            with self.subTest(rule=rule):
                kept, ratio, p, ratio_without, p_without = weighted_coefficients.compare(self.scratch, BIN, rule)
                print("%-24s keeps %.3f: distance %.2f of what the weights predict (p %.3f); without them: %.1f" % (
                    rule, kept, ratio, p, ratio_without))
                self.assertGreater(p, 1e-4)
                if "random" not in rule:        # a uniform sample is unbiased without weights too
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
        import augmented
        import choose_rates
        import classification
        import loop
        import compare_rules
        import instruction
        import pretraining
        import redundant
        import segmentation
        import small_tasks
        import weighted_coefficients
        LARGE = {kind.__name__.lower(): kind for kind in (
            classification.Classification, augmented.Augmented, segmentation.Segmentation, pretraining.Pretraining,
            instruction.Instruction, redundant.Redundant)}
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
