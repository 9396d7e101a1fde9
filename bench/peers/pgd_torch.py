"""PGD in PyTorch, for comparison: what it finds, and how long the same loop takes.

    python bench/peers/pgd_torch.py --mode accuracy --model fixtures/models/fashion-cnn.onnx
    python bench/peers/pgd_torch.py --mode time --model fixtures/models/fashion-cnn.onnx --variant channels-last

Projected gradient descent of Madry et al. 2018 (arXiv:1706.06083) in the Linf ball, without a random start, so that
nothing depends on a seed. A sample is broken when any iterate, the clean input and the last one included, is not
strictly right: a tie counts as wrong. The last iterate costs one more forward pass.

`time` answers over standard input and output, so that a benchmark can alternate with it: one JSON line when it is
ready, then for each line `run` one repetition over all images and one JSON line with its seconds.
"""

import argparse
import gzip
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from on_demand import answer

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "fixtures" / "make"))

from networks import load_network  # noqa: E402
from train_classifiers import logits  # noqa: E402

DATA = ROOT / "fixtures" / "data"


def read_idx(path):
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_samples(count):
    images = read_idx(DATA / "fashion-test-images.idx3-ubyte.gz")[:count]
    labels = read_idx(DATA / "fashion-test-labels.idx1-ubyte.gz")[:count]
    return torch.from_numpy(images[:, None].astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64))


def strictly_right(scores, labels):
    truth = F.one_hot(labels, scores.shape[1]).bool()
    return scores[truth] > scores.masked_fill(truth, -math.inf).amax(1)


def attack(network, clean, labels, options):
    """All steps for all samples; whether each was right at the clean input, and at every iterate."""
    low, high = clean - options.epsilon, clean + options.epsilon
    x = clean
    right_at = []
    for _ in range(options.steps):
        x = x.detach().requires_grad_(True)
        scores = logits(network, x)
        right_at.append(strictly_right(scores.detach(), labels))
        (gradient,) = torch.autograd.grad(F.cross_entropy(scores, labels, reduction="sum"), x)
        x = (x.detach() + options.step_size * gradient.sign()).clamp(low, high).clamp(0, 1)
    with torch.no_grad():
        right_at.append(strictly_right(logits(network, x), labels))
    return right_at[0], torch.stack(right_at).all(0)


def attack_all(network, samples, options):
    batches = zip(*(part.split(options.batch) for part in samples), strict=True)
    found = [attack(network, images, labels, options) for images, labels in batches]
    return torch.cat([right for right, _ in found]), torch.cat([robust for _, robust in found])


def accuracy(options):
    samples = read_samples(options.count)
    models = {}
    for path in options.model:
        clean, robust = attack_all(load_network(path), samples, options)
        models[path.name] = {
            "clean": clean.sum().item() / len(clean),
            "robust": robust.sum().item() / len(robust),
            "misclassified": (~clean).nonzero().flatten().tolist(),
            "broken": (~robust).nonzero().flatten().tolist(),
        }
    settings = {
        "norm": "Linf",
        "epsilon": options.epsilon,
        "steps": options.steps,
        "stepSize": options.step_size,
        "images": options.count,
    }
    print(json.dumps({"attack": settings, "models": models}))


def time_on_demand(options):
    layout = torch.channels_last if options.variant == "channels-last" else torch.contiguous_format
    device = "cuda" if options.device == "auto" and torch.cuda.is_available() else "cpu"
    network = load_network(options.model[0]).to(device, memory_format=layout)
    images, labels = read_samples(options.count)
    samples = images.to(device).contiguous(memory_format=layout), labels.to(device)
    attack(network, *(part[: options.batch] for part in samples), argparse.Namespace(**{**vars(options), "steps": 3}))
    name = torch.cuda.get_device_name() if device == "cuda" else "the CPU"
    facts = {"torch": torch.__version__, "threads": torch.get_num_threads(), "variant": options.variant, "device": name}
    answer({"ready": True, **facts})
    for line in sys.stdin:
        if line.strip() != "run":
            answer({"error": f"unknown request {line.strip()!r}; the only one is 'run'"})
            continue
        start = time.perf_counter()
        _, robust = attack_all(network, samples, options)
        robust.sum().item()  # the end of all work on a GPU
        answer({"seconds": time.perf_counter() - start})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mode", choices=("accuracy", "time"), required=True)
    parser.add_argument("--model", type=pathlib.Path, nargs="+", required=True, help="classifiers of fixtures/models")
    parser.add_argument("--count", type=int, default=1000, help="test images, from the first on (default: %(default)s)")
    parser.add_argument("--epsilon", type=float, default=0.1, help="in pixel units, 0 to 1 (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--step-size", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "auto"), default="cpu", help="auto: a GPU where there is one; for time only")
    parser.add_argument("--variant", choices=("eager", "channels-last"), default="eager", help="for time only")
    options = parser.parse_args()
    if options.mode == "time" and len(options.model) > 1:
        parser.error("--mode time takes one model")
    torch.set_num_threads(options.threads)
    {"accuracy": accuracy, "time": time_on_demand}[options.mode](options)


if __name__ == "__main__":
    main()
