"""Runs attacks of the reference libraries on demand: one JSON line for each JSON line on standard input.

    {"run": "apgd-ce-linf", "reference": 0, "model": "fashion-cnn", "images": 1000, "seed": 0}
      -> {"robust": "0110...", "seconds": 12.3, "median": null}
    {"check": "apgd-ce-linf", "model": "fashion-cnn", "images": 1000, "inputs": "<base64 of float32>"}
      -> {"robust": "0110..."}

`run` names a row of attacks.json and one of its references. `robust` has one digit a sample: 1 where it stands.
`median` is the median size of the changes found, for attacks that minimize it. `check` judges the inputs that another
program found, with nothing brought back into the ball.
"""

import argparse
import base64
import json
import sys
import time

import numpy as np
import torch

from attacks_libraries import bits, build, epsilon_of, find_row, judge, open_model
from on_demand import answer
from pgd_torch import read_samples

WARM_UP = 16


def run_reference(row, request, model, images, labels):
    epsilon = epsilon_of(row, request["model"])
    reference = row["references"][request["reference"]]
    build(model, reference, epsilon, request["seed"])(images[:WARM_UP], labels[:WARM_UP])
    attack = build(model, reference, epsilon, request["seed"])
    start = time.perf_counter()
    found = attack(images, labels).detach()
    seconds = time.perf_counter() - start
    minimizes = row["minimizes"]
    robust, changes = judge(model, images, labels, found, row["norm"], epsilon, clip=not minimizes)
    median = changes.median().item() if minimizes and len(changes) > 0 else None
    return {"robust": bits(robust), "seconds": seconds, "median": median}


def check(row, request, model, images, labels):
    found = np.frombuffer(base64.b64decode(request["inputs"]), np.float32).reshape(images.shape)
    epsilon = epsilon_of(row, request["model"])
    robust, _ = judge(model, images, labels, torch.from_numpy(found.copy()), row["norm"], epsilon, clip=False)
    return {"robust": bits(robust)}


def respond(request):
    kind = "run" if "run" in request else "check"
    samples = read_samples(request["images"])
    return {"run": run_reference, "check": check}[kind](
        find_row(request[kind]), request, open_model(request["model"]), *samples
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    answer({"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        try:
            answer(respond(json.loads(line)))
        except Exception as error:  # one attack that fails is a finding, not the end of the comparison
            answer({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
