#!/usr/bin/python3
"""Tune a small language model on instructions: the questions are "Define: X", and the answers are from WordNet.

The loss is the mean over the tokens of the answer.
The data are one JSON array in the format of Alpaca, without ids. -k @line uses the record number as the id, and
--id-field writes it into the epoch manifest for the trainer. The log has one line per step."""
import collections
import functools
import json
import os
import re

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import loop

FOLDER = "/usr/share/wordnet"       # Debian's wordnet-base
WORDS, WIDTH, LONGEST = 2000, 64, 40
END, ASK = "\n", "Define:"


def glosses(kind):
    """(word, definition) of each synset, without the examples."""
    with open("%s/data.%s" % (FOLDER, kind), encoding="latin-1") as lines:
        for line in lines:
            if not line.startswith(" "):
                entry, gloss = line.split(" | ", 1)
                yield entry.split()[4].replace("_", " "), gloss.split(';')[0].strip().lower()


def tokens(text):
    return re.findall(r"[a-z]+|[^a-z ]", text.lower())


class Vocabulary:
    """The most frequent words. Any other word is spelt letter by letter, so that no token is unknown."""

    def __init__(self, texts):
        count = collections.Counter(t for text in texts for t in tokens(text))
        letters = {c for word in count for c in word}
        names = [END, ASK, *sorted("~" + c for c in letters), *(w for w, _ in count.most_common(WORDS))]
        self.number = {name: k for k, name in enumerate(names)}

    @functools.lru_cache(maxsize=None)
    def encode(self, text):
        out = []
        for t in tokens(text):
            out += [self.number[t]] if t in self.number else [self.number.get("~" + c, 0) for c in t]
        return out


class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.embed, self.place = nn.Embedding(size, WIDTH), nn.Embedding(LONGEST, WIDTH)
        nn.init.normal_(self.embed.weight, std=0.1)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(2))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x, answer):
        """The logits of the next word, only where `answer` is true, because the vocabulary causes most of the cost."""
        length = x.shape[1]
        h = self.embed(x) + self.place.weight[:length]
        later = torch.full((length, length), float("-inf")).triu(1)
        for layer in self.layers:
            h = layer(h, src_mask=later)
        return self.norm(h[answer]) @ self.embed.weight.T


class Instruction:
    """Tune a small language model on definitions; figure: held-out perplexity of the answers (less is better)."""
    figure = "perplexity"
    manifest, prune, score, log = "train.json", ["-k", "@line", "--id-field", "id"], [], "json"
    terms, views = {"loss": 1.0}, 1
    epochs, tiny_epochs, batch, rate = 6, 4, 32, 0.024
    samples, before = 3000, None    # number of definitions for tuning, and for the training before

    def __init__(self, tiny=False, tune=False):
        self.base = "instruction.base%s%s.pt" % (".tiny" * tiny, ".tune" * tune)
        nouns = list(glosses("noun"))
        order = np.random.default_rng(0).permutation(len(nouns))
        pairs = [nouns[k] for k in order if len(nouns[k][1].split()) > 2]
        n, m = (201, 50) if tiny else (self.samples, 1000)
        self.held, self.train = pairs[:m], pairs[m:]
        if tune:
            aside = loop.aside(len(self.train))
            self.held, self.train = ([p for p, a in zip(self.train, aside) if a == kind] for kind in (True, False))
        self.held, self.train = self.held[:m], self.train[:n]
        self.plain = [gloss for kind in ("verb", "adj") for _, gloss in glosses(kind)][:200 if tiny else self.before]
        self.words = Vocabulary([w + " " + g for w, g in self.train] + self.plain)

    def write(self, path):
        with open(path, "w") as out:
            json.dump([{"instruction": "%s %s" % (ASK, word), "input": "", "output": gloss}
                       for word, gloss in self.train], out, indent=1)

    def read(self, path):
        with open(path) as array:
            records = json.load(array)
        return ([r.get("id", str(n)) for n, r in enumerate(records)], [r.get("weight", 1.0) for r in records],
                [self.pair(r["instruction"][len(ASK) + 1:], r["output"]) for r in records])

    def pair(self, word, gloss):
        """The tokens of question and answer, and the position at which the answer begins."""
        ask = [self.words.number[ASK], *self.words.encode(word)[:LONGEST // 2], self.words.number[ASK]]
        return ask + [*self.words.encode(gloss), self.words.number[END]], len(ask)

    def model(self):
        """A model that was first trained on definitions of verbs and adjectives, once for all runs in a folder."""
        net = Net(len(self.words.number))
        name = os.path.join(self.shared_folder, self.base)
        if not os.path.exists(name):
            before = torch.get_rng_state()
            torch.manual_seed(0)
            base = Net(len(self.words.number))
            optimizer = self.optimizer(base, 0.003)
            for part in torch.randperm(len(self.plain)).split(32):
                optimizer.zero_grad()
                texts = [([self.words.number[END], *self.words.encode(self.plain[k]), self.words.number[END]], 1)
                         for k in part.tolist()]
                self.losses(base, texts, torch.arange(len(part)))["loss"].mean().backward()
                optimizer.step()
            torch.set_rng_state(before)
            torch.save(base.state_dict(), name + ".%d" % os.getpid())
            os.replace(name + ".%d" % os.getpid(), name)
        net.load_state_dict(torch.load(name))
        return net

    def optimizer(self, model, rate):
        return torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01)

    def token_losses(self, model, data, i):
        """The losses [b, length] of the tokens of the answers, 0 elsewhere, and a mask of these tokens."""
        texts = [data[k] for k in i.tolist()]
        length = min(max(len(t) for t, _ in texts), LONGEST + 1)
        x = torch.zeros(len(texts), length, dtype=torch.long)
        answer = torch.zeros(len(texts), length, dtype=torch.bool)
        for row, (text, begin) in enumerate(texts):
            x[row, :len(text)] = torch.tensor(text[:length])
            answer[row, begin:len(text)] = True
        x, y, answer = x[:, :-1], x[:, 1:], answer[:, 1:]
        loss = F.cross_entropy(model(x, answer), y[answer], reduction="none")
        return torch.zeros(answer.shape).masked_scatter(answer, loss), answer

    def losses(self, model, data, i):
        loss, answer = self.token_losses(model, data, i)
        return {"loss": loss.sum(1) / answer.sum(1)}

    def metric(self, model):
        model.eval()
        held, total, count = [self.pair(*p) for p in self.held], 0.0, 0.0
        with torch.no_grad():
            for i in torch.arange(len(held)).split(50):
                loss, answer = self.token_losses(model, held, i)
                total, count = total + float(loss.sum()), count + float(answer.sum())
        return float(np.exp(total / count))


if __name__ == "__main__":
    loop.main(Instruction)
