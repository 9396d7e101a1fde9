"""Integrated gradients of Captum on the classifiers of `fixtures/models`, for comparison.

    python bench/peers/explain_torch.py --model fixtures/models/fashion-cnn.onnx --variant eager

The scores of the true classes of the first test images, from a black image, by Gauss-Legendre quadrature; the error is
reported (`return_convergence_delta`). How many images and how many points go through the model at once is chosen among
`SIZES` by one run of each: whichever is fastest here.

Answers over standard input and output, so that a benchmark can alternate with it: one JSON line when it is ready, then
for each line `run` one explanation of all images and one JSON line with its seconds, and for `attributions` what the last
run found, as little-endian float32 in base64.
"""

import argparse
import base64
import functools
import pathlib
import sys
import time

import captum
import torch
from captum.attr import IntegratedGradients

from on_demand import answer
from pgd_torch import read_samples

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "fixtures" / "make"))

from networks import load_network  # noqa: E402
from train_classifiers import logits  # noqa: E402

# Images that are explained together, and points that go through the model at once.
SIZES = ((4, 256), (16, 256), (64, 64), (64, 256), (256, 256), (256, 512), (256, 1024))


def explain(method, images, labels, steps, sizes):
    together, at_once = sizes
    parts = zip(images.split(together), labels.split(together), strict=True)
    found = [
        method.attribute(
            own,
            baselines=0,
            target=classes,
            n_steps=steps,
            method="gausslegendre",
            internal_batch_size=at_once,
            return_convergence_delta=True,
        )
        for own, classes in parts
    ]
    return torch.cat([attributions for attributions, _ in found]), torch.cat([delta for _, delta in found])


def seconds_of(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="a classifier of fixtures/models")
    parser.add_argument("--count", type=int, default=256, help="test images, from the first on (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--variant", choices=("eager", "channels-last"), default="eager")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    layout = torch.channels_last if options.variant == "channels-last" else torch.contiguous_format
    network = load_network(options.model).to(memory_format=layout)
    images, labels = read_samples(options.count)
    images = images.contiguous(memory_format=layout)
    method = IntegratedGradients(functools.partial(logits, network))
    explain(method, images[:16], labels[:16], options.steps, SIZES[0])
    tried = {sizes: seconds_of(lambda: explain(method, images, labels, options.steps, sizes))[0] for sizes in SIZES}
    sizes = min(tried, key=tried.get)
    once = functools.partial(explain, method, images, labels, options.steps, sizes)
    facts = {"torch": torch.__version__, "captum": captum.__version__, "variant": options.variant, "sizes": sizes}
    answer({"ready": True, **facts})
    last = None
    for line in sys.stdin:
        if line.strip() == "attributions":
            values = last[0].contiguous(memory_format=torch.contiguous_format).numpy().astype("<f4")
            answer({"base64": base64.b64encode(values.tobytes()).decode()})
            continue
        seconds, last = seconds_of(once)
        answer({"seconds": seconds})


if __name__ == "__main__":
    main()
