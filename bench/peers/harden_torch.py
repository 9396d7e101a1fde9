"""Adversarial training in PyTorch on Fashion-MNIST, for comparison with Assay from the same weights, order and start noise.

    python bench/peers/harden_torch.py --folder /tmp/bench --images 12000

Needs Debian's `dataset-fashion-mnist`. Writes into the folder the first training images and their labels (IDX) and the file
that training starts from (`start.onnx`, the architecture of the fixture CNN). Then answers over standard input and output,
one JSON line each: when it is ready, and for each line of JSON, which is a recipe:

    {"method": "pgd", "epochs": 5, "batchSize": 64, "epsilon": 0.1, "steps": 7, "stepSize": 0.0357, "beta": 6,
     "options": {"optimizer": ..., "learningRate": ..., "weightDecay": ...}}   options in the words of TrainingOptions

It draws the order of each epoch (`order-1.i32`, positions) and where the inner maximization begins (`start-1.f32`, by position:
uniform in [-1, 1], for TRADES and MART standard normal), trains, writes the model to `METHOD-torch.onnx` and answers the
seconds of the training alone and the mean loss of each epoch.

pgd: Madry et al. 2018. fast: Wong et al. 2020. trades, mart: as the code of their papers; the probabilities of the clean
images, which that of TRADES computes in each step of the inner maximization, are computed once.
"""

import argparse
import copy
import gzip
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from gradient_torch import SEED  # puts fixtures/make on the path
from on_demand import answer
from images import SOURCE, first_items
from paired_objectives import mart, trades
from train_classifiers import cnn, logits, read_images, read_labels
from trained.exporters import export
from trained.trajectories import optimizer_of, schedule_of

PAIRED = {"trades": trades, "mart": mart}
NOISE = 0.001


def prepare(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    for kind in ("images-idx3", "labels-idx1"):
        name = f"train-{kind}-ubyte.gz"
        (folder / name).write_bytes(gzip.compress(first_items(SOURCE / name, count), 1, mtime=0))
    torch.manual_seed(SEED)
    network = cnn()
    write_model(network, folder / "start.onnx")
    return network, read_images("train")[:count], read_labels("train")[:count]


def write_model(network, path):
    images = np.zeros((2, 1, 28, 28), np.float32)
    path.write_bytes(export(network, {"images": images}, "torchscript").SerializeToString())


def draw(folder, recipe, shape):
    """Order and start of each epoch, also as files."""
    generator = torch.Generator().manual_seed(SEED)
    draws = []
    for epoch in range(1, recipe["epochs"] + 1):
        order = torch.randperm(shape[0], generator=generator)
        noise = torch.empty(shape)
        if recipe["method"] in PAIRED:
            noise.normal_(generator=generator)
        else:
            noise.uniform_(-1, 1, generator=generator)
        order.numpy().astype(np.int32).tofile(folder / f"order-{epoch}.i32")
        noise.numpy().tofile(folder / f"start-{epoch}.f32")
        draws.append((order, noise))
    return draws


def perturb(network, x, y, noise, recipe):
    """Signed steps in the ball and in [0, 1]: away from what the clean images are said to be for TRADES, otherwise from the label."""
    epsilon, method = recipe["epsilon"], recipe["method"]
    network.eval()
    if method == "trades":
        with torch.no_grad():
            probabilities = F.softmax(logits(network, x), dim=1)
    adversarial = (x + (NOISE if method in PAIRED else epsilon) * noise).clamp(0, 1)
    for _ in range(recipe["steps"]):
        adversarial.requires_grad_(True)
        scores = logits(network, adversarial)
        if method == "trades":
            loss = F.kl_div(F.log_softmax(scores, dim=1), probabilities, reduction="sum")
        else:
            loss = F.cross_entropy(scores, y)
        (gradient,) = torch.autograd.grad(loss, adversarial)
        moved = adversarial.detach() + recipe["stepSize"] * gradient.sign()
        adversarial = torch.max(torch.min(moved, x + epsilon), x - epsilon).clamp(0, 1)
    network.train()
    return adversarial.detach()


def loss_of(network, clean, adversarial, y, recipe):
    objective = PAIRED.get(recipe["method"])
    if objective is None:
        return F.cross_entropy(logits(network, adversarial), y)
    return objective(logits(network, clean), logits(network, adversarial), y, recipe["beta"])


def train(network, x, y, draws, recipe):
    """The mean loss of each epoch, over samples."""
    optimizer = optimizer_of(network, recipe["options"])
    schedule = schedule_of(optimizer, recipe["options"]["learningRate"])
    losses = []
    for order, noise in draws:
        total = 0.0
        for rows in order.split(recipe["batchSize"]):
            clean, labels = x[rows], y[rows]
            adversarial = perturb(network, clean, labels, noise[rows], recipe)
            loss = loss_of(network, clean, adversarial, labels, recipe)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        losses.append(total / len(x))
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=int, default=12000, help="of the training images, from the first on (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    start, x, y = prepare(options.folder, options.images)
    answer({"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        recipe = json.loads(line)
        network = copy.deepcopy(start)
        draws = draw(options.folder, recipe, x.shape)
        began = time.perf_counter()
        losses = train(network, x, y, draws, recipe)
        seconds = time.perf_counter() - began
        path = options.folder / f"{recipe['method']}-torch.onnx"
        write_model(network, path)
        answer({"seconds": seconds, "losses": losses, "file": str(path)})


if __name__ == "__main__":
    main()
