"""A peer that answers one line of JSON for each line on its standard input, so that a benchmark can alternate with it."""

import argparse
import json
import pathlib
import resource
import sys
import time

import torch


def arguments(description, models, variants):
    """The settings that peers for whole models share; sets the number of threads."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=models, required=True)
    parser.add_argument("--variant", choices=variants, default="eager")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    return options


def write_once(path, export):
    """The model and, beside it, the facts that `export` gives, where they are missing."""
    facts = path.with_suffix(".json")
    if facts.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    facts.write_text(json.dumps(export(path)))


def answer(value):
    print(json.dumps(value), flush=True)


def serve(once, ready):
    """`run N` does N and answers the seconds of one; `memory` answers the largest resident size so far in bytes."""
    answer({"ready": True, **ready})
    for line in sys.stdin:
        if line.strip() == "memory":
            answer({"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
            continue
        count = int(line.split()[1])
        start = time.perf_counter()
        for _ in range(count):
            once()
        answer({"seconds": (time.perf_counter() - start) / count})
