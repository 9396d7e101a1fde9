"""Writes fixtures/attacks/references.json: what the first reference of each row of attacks.json finds on the fixture CNNs.

    python bench/peers/attacks_references.py [--only apgd square] [--images 200] [--threads 2]

Saved after each attack; what stands there already, with the same reference and epsilon, is kept, so that a run that was
interrupted goes on. Random attacks run with seeds 0, 1 and 2, ensembles with seed 0.
"""

import argparse
import json

import torch

from attacks_libraries import ROOT, TABLE, bits, build, epsilon_of, judge, open_model
from pgd_torch import read_samples

PATH = ROOT / "fixtures" / "attacks" / "references.json"
MODELS = ("fashion-cnn", "fashion-cnn-robust")


def seeds_of(row):
    if not row["random"]:
        return [0]
    return [0] if row["run"] == "runAutoAttack" else [0, 1, 2]


def load():
    return json.loads(PATH.read_text()) if PATH.exists() else []


def save(entries):
    PATH.parent.mkdir(exist_ok=True)
    order = [row["name"] for row in TABLE["comparisons"]]
    entries = sorted(entries, key=lambda entry: (order.index(entry["name"]), MODELS.index(entry["model"])))
    PATH.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")


def stands(entry, row, model, images):
    """Whether this is what would be computed: the same reference and epsilon, on at least as many images."""
    same = (row["name"], model, row["references"][0], epsilon_of(row, model))
    return same == (entry["name"], entry["model"], entry["reference"], entry["epsilon"]) and (
        len(entry["robust"][0]) >= images
    )


def found_by(row, name, samples):
    model, reference, epsilon = open_model(name), row["references"][0], epsilon_of(row, name)
    robust = []
    for seed in seeds_of(row):
        found = build(model, reference, epsilon, seed)(*samples).detach()
        flags, changes = judge(model, *samples, found, row["norm"], epsilon, clip=not row["minimizes"])
        robust.append(bits(flags))
    median = {"median": changes.median().item()} if row["minimizes"] and len(changes) > 0 else {}
    return {"name": row["name"], "model": name, "reference": reference, "epsilon": epsilon, "robust": robust, **median}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="beginnings of names of rows (default: all)")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    samples = read_samples(options.images)
    for row in TABLE["comparisons"]:
        if options.only and not any(row["name"].startswith(start) for start in options.only):
            continue
        for model in MODELS:
            if any(stands(entry, row, model, options.images) for entry in load()):
                continue
            entry = found_by(row, model, samples)
            save([other for other in load() if (other["name"], other["model"]) != (row["name"], model)] + [entry])
            share = sum(run.count("1") for run in entry["robust"]) / len(entry["robust"]) / options.images
            print(f"{row['name']} on {model}: {share:.1%} stand", flush=True)


if __name__ == "__main__":
    main()
