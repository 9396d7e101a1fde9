"""Whole models trained by PyTorch on real data, for comparison with Assay from the same start in the same order.

    python bench/peers/training_curves_torch.py --model transformer --data ../shared/data --folder /tmp/bench

Writes into the folder the file that training starts from (`<model>-start.onnx`: TorchScript exporter, normalizations and
dropout kept), the samples in the order in which they are taken (`<model>-samples.bin`, float32 or int64, training ones
first, then those of the test) and `<model>-curves.json`: shapes, labels, options of the training. Then answers over
standard input and output, one JSON line each: when it is ready; for `exact N` the losses in front of the first N steps in
float64; for `train` those in front of all steps; for `check FILE` whether onnx.checker accepts a file, and the accuracy of
it in ONNX Runtime on the samples of the test.
"""

import argparse
import collections
import copy
import csv
import gzip
import json
import pathlib
import re
import sys
import time

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

from gradient_torch import ROOT, SEED  # puts fixtures/make on the path
from on_demand import answer
from train_classifiers import MEAN, STD, cnn
from trained.exporters import at_inference, export
from trained.masks import masked_dropout
from trained.trajectories import optimizer_of, schedule_of

LENGTH, VOCABULARY, WIDTH = 24, 5000, 64
LABELS = ("negative", "neutral", "positive")
PADDING, UNKNOWN = 0, 1


class Lstm(nn.Module):
    """The last hidden states of both directions over embedded words."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=True)
        self.classifier = nn.Linear(2 * WIDTH, len(LABELS))

    def forward(self, tokens):
        _, (hidden, _) = self.lstm(self.embedding(tokens))
        return self.classifier(torch.cat([hidden[0], hidden[1]], 1))


class Transformer(nn.Module):
    """Two encoder layers over embeddings of words and positions, and the mean of what they give."""

    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Parameter(0.1 * torch.randn(1, LENGTH, WIDTH))
        options = dict(dim_feedforward=2 * WIDTH, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(WIDTH, 4, **options) for _ in range(2))
        for layer in self.layers:
            # Weights of attention are dropped by a function, which is no layer.
            layer.self_attn.dropout = 0.0
        self.norm, self.classifier = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(LABELS))

    def forward(self, tokens):
        states = self.words(tokens) + self.positions
        for layer in self.layers:
            states = layer(states)
        return self.classifier(self.norm(states).mean(1))


def resnet18():
    """For 32 pixels of one channel: a first convolution that keeps the size, and no max pooling behind it."""
    network = torchvision.models.resnet18(num_classes=10)
    network.conv1 = nn.Conv2d(1, 64, 3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    return network


def fashion(side):
    """The images of the fixtures, normalized, with as much black around them as `side` asks for."""

    def read(name):
        return gzip.decompress((ROOT / f"fixtures/data/fashion-{name}-ubyte.gz").read_bytes())

    parts = []
    for part in ("train", "test"):
        pixels = np.frombuffer(read(f"{part}-images.idx3"), np.uint8, offset=16).reshape(-1, 1, 28, 28)
        border = (side - 28) // 2
        padded = np.pad(pixels, ((0, 0), (0, 0), (border, border), (border, border)))
        labels = np.frombuffer(read(f"{part}-labels.idx1"), np.uint8, offset=8)
        parts.append((((padded / 255 - MEAN) / STD).astype(np.float32), labels.astype(np.int64)))
    return parts


def sentiment(data):
    """The first words of each text, as numbers of the most frequent ones; rows of the training are shuffled once."""
    rows = {part: list(csv.DictReader((data / f"sentiment/{part}.csv").open(encoding="utf-8"))) for part in ("train", "test")}
    words = {part: [re.findall(r"[a-z']+|[!?:;()]", row["text"].lower()) for row in own] for part, own in rows.items()}
    frequent = collections.Counter(word for text in words["train"] for word in text).most_common(VOCABULARY - 2)
    number = {word: i + 2 for i, (word, _) in enumerate(frequent)}
    parts = []
    for part in ("train", "test"):
        numbers = [[number.get(word, UNKNOWN) for word in text[:LENGTH]] for text in words[part]]
        tokens = np.array([own + [PADDING] * (LENGTH - len(own)) for own in numbers], np.int64)
        labels = np.array([LABELS.index(row["label"]) for row in rows[part]], np.int64)
        order = np.random.default_rng(SEED).permutation(len(labels)) if part == "train" else np.arange(len(labels))
        parts.append((tokens[order], labels[order]))
    return parts


# What is trained, on what, with options in the words of Assay's TrainingOptions.
MODELS = {
    "cnn": {
        "make": cnn, "samples": lambda _: fashion(28), "batch": 64, "steps": 300,
        "options": {
            "optimizer": {"kind": "sgd", "momentum": 0.9},
            "learningRate": {"kind": "cyclic", "lowest": 0.0, "highest": 0.05, "rise": 100, "fall": 200},
            "weightDecay": 5e-4,
        },
    },
    "resnet18": {
        "make": resnet18, "samples": lambda _: fashion(32), "batch": 32, "steps": 100,
        "options": {
            "optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": True},
            "learningRate": {"kind": "cosine", "highest": 0.02, "lowest": 0.0, "steps": 90, "warmUp": 10},
            "weightDecay": 5e-4,
        },
    },
    "lstm": {
        "make": Lstm, "samples": sentiment, "batch": 32, "steps": 300,
        "options": {
            "optimizer": {"kind": "adam"},
            "learningRate": {"kind": "constant", "rate": 0.002},
            "weightDecay": 0.0,
        },
    },
    "transformer": {
        "make": Transformer, "samples": sentiment, "batch": 32, "steps": 300,
        "options": {
            "optimizer": {"kind": "adamw"},
            "learningRate": {"kind": "cosine", "highest": 0.002, "lowest": 0.0, "steps": 270, "warmUp": 30},
            "weightDecay": 0.01,
        },
    },
}


def prepare(name, folder, data):
    model = MODELS[name]
    torch.manual_seed(SEED)
    network = model["make"]()
    (inputs, labels), test = model["samples"](data)
    folder.mkdir(parents=True, exist_ok=True)
    file = at_inference(export(network, {"input": inputs[:2]}, "torchscript-training"))
    (folder / f"{name}-start.onnx").write_bytes(file.SerializeToString())
    (folder / f"{name}-samples.bin").write_bytes(inputs.tobytes() + test[0].tobytes())
    facts = {
        "type": str(inputs.dtype),
        "shape": list(inputs.shape[1:]),
        "labels": labels.tolist(),
        "testLabels": test[1].tolist(),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        **{key: model[key] for key in ("batch", "steps", "options")},
    }
    (folder / f"{name}-curves.json").write_text(json.dumps(facts))
    return network, (torch.from_numpy(inputs), torch.from_numpy(labels)), test


def train(network, samples, batch, steps, options, precision=torch.float32):
    network = network.to(precision).train()
    optimizer = optimizer_of(network, options)
    schedule = schedule_of(optimizer, options["learningRate"])
    losses, start = [], time.perf_counter()
    for step in range(steps):
        rows = torch.arange(step * batch, (step + 1) * batch) % len(samples[1])
        with masked_dropout(network, step):
            loss = F.cross_entropy(network(in_precision(samples[0][rows], precision)), samples[1][rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return {"losses": losses, "seconds": time.perf_counter() - start}


def in_precision(values, precision):
    return values.to(precision) if values.is_floating_point() else values


def accuracy(scores, labels):
    return float((scores.argmax(1) == labels).mean())


def evaluate(network, inputs, labels):
    network.eval()
    with torch.no_grad():
        parts = [network(torch.from_numpy(inputs[start : start + 250])).numpy() for start in range(0, len(inputs), 250)]
    return {"accuracy": accuracy(np.concatenate(parts), labels)}


def check(path, inputs, labels):
    """What others say of a file that was written back."""
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    parts = [session.run(None, {"input": inputs[start : start + 250]})[0] for start in range(0, len(inputs), 250)]
    return {"accepted": True, "accuracy": accuracy(np.concatenate(parts), labels), "scores": parts[0][0].tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds sentiment/train.csv and test.csv")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.backends.mha.set_fastpath_enabled(False)
    network, samples, test = prepare(options.model, options.folder, options.data)
    answer({"ready": True, "torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__})
    batch, steps, own = (MODELS[options.model][key] for key in ("batch", "steps", "options"))
    for line in sys.stdin:
        request, *rest = line.split()
        if request == "exact":
            answer(train(copy.deepcopy(network), samples, batch, int(rest[0]), own, torch.float64))
        elif request == "train":
            result = train(network, samples, batch, steps, own)
            answer({**result, **evaluate(network, *test)})
        else:
            answer(check(rest[0], *test))


if __name__ == "__main__":
    main()
