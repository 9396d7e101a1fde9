"""Attacks of torchattacks, Foolbox and ART on the classifiers of `fixtures/models`, and an independent look at what they find.

A reference is a library, a class, its parameters and, for an ensemble, attributes of its parts. A parameter
`{"timesEpsilon": f}` is f times the epsilon of the comparison.
"""

import contextlib
import io
import json
import pathlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from pgd_torch import ROOT, load_network, logits

TABLE = json.loads((pathlib.Path(__file__).parent / "attacks.json").read_text())
BATCH = 256
# Logits of two programs differ by rounding: a margin within this is a tie, and a tie counts as wrong, on both sides.
TIE = 1e-4
# How far a change may exceed epsilon by rounding to float32.
SLACK = 1e-6


class OnPixels(nn.Module):
    """Logits of pixels in [0, 1]: normalization belongs to the model, so that epsilon is in pixel units."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return logits(self.network, pixels)


def open_model(name):
    return OnPixels(load_network(ROOT / "fixtures" / "models" / f"{name}.onnx")).eval()


def find_row(name):
    return next(row for row in TABLE["comparisons"] if row["name"] == name)


def epsilon_of(row, model):
    return row["epsilons"][model]


def resolved(parameters, epsilon):
    return {
        name: value["timesEpsilon"] * epsilon if isinstance(value, dict) else value for name, value in parameters.items()
    }


def in_batches(attack, images, labels):
    return torch.cat([attack(*part) for part in zip(images.split(BATCH), labels.split(BATCH), strict=True)])


def of_torchattacks(model, reference, epsilon, seed):
    import torchattacks

    attack = getattr(torchattacks, reference["class"])(model, **resolved(reference["parameters"], epsilon))
    parts = attack._autoattack.attacks if reference["class"] == "AutoAttack" else [attack]
    for part in parts:
        for name, value in reference.get("parts", {}).get(type(part).__name__, {}).items():
            setattr(part, name, value)
        if hasattr(part, "seed"):
            part.seed = seed
    broken = reference["class"] == "FAB" and attack.norm == "L1"
    run = fab_in_l1(attack) if broken else attack
    return lambda images, labels: in_batches(run, images, labels)


def fab_in_l1(attack):
    """The closest of FAB's runs: its own loop over them (3.5.1) never computes the size of a change in L1, and ends there."""
    targets = range(2, attack.n_target_classes + 2) if attack.multi_targeted else (None,)
    once = attack.attack_single_run_targeted if attack.multi_targeted else attack.attack_single_run

    def run(images, labels):
        best, least = images.clone(), torch.full((len(images),), torch.inf, dtype=torch.float64)
        for target in targets:
            attack.target_class = target
            found = once(images, labels)
            size = sizes(found - images, "L1")
            closer = (size < least) & ~is_right(attack.model, found, labels)
            best[closer], least[closer] = found[closer], size[closer]
        return best

    return run


def of_foolbox(model, reference, epsilon, _seed):
    import foolbox

    target = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")
    attack = getattr(foolbox.attacks, reference["class"])(**resolved(reference["parameters"], epsilon))
    limit = epsilon if isinstance(attack, foolbox.attacks.base.FixedEpsilonAttack) else None
    return lambda images, labels: in_batches(lambda x, y: attack(target, x, y, epsilons=limit)[0], images, labels)


def of_art(model, reference, epsilon, _seed):
    from art.attacks import evasion
    from art.estimators.classification import PyTorchClassifier

    target = PyTorchClassifier(
        model, nn.CrossEntropyLoss(), (1, 28, 28), nb_classes=10, clip_values=(0, 1), device_type="cpu"
    )
    attack = getattr(evasion, reference["class"])(target, **resolved(reference["parameters"], epsilon))

    def run(images, labels):
        # Some of its attacks print progress whatever `verbose` says, and the answer is on standard output.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return torch.from_numpy(attack.generate(images.numpy(), labels.numpy()).astype(np.float32))

    return run


LIBRARIES = {"torchattacks": of_torchattacks, "foolbox": of_foolbox, "art": of_art}


def build(model, reference, epsilon, seed):
    """A function of images and labels that gives adversarial images."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    return LIBRARIES[reference["library"]](model, reference, epsilon, seed)


def sizes(change, norm):
    flat = change.flatten(1).double()
    return {
        "Linf": lambda: flat.abs().amax(1),
        "L2": lambda: flat.square().sum(1).sqrt(),
        "L1": lambda: flat.abs().sum(1),
        "L0": lambda: (flat != 0).sum(1).double(),
    }[norm]()


def into_ball(images, found, norm, epsilon):
    """What lies outside the ball by more than rounding, brought back as far as its norm allows without a search."""
    change = found - images
    if norm == "Linf":
        change = change.clamp(-epsilon, epsilon)
    elif norm != "L0":
        factor = (epsilon / sizes(change, norm).clamp(min=1e-12)).clamp(max=1).float()
        change = change * factor[:, None, None, None]
    return (images + change).clamp(0, 1)


@torch.no_grad()
def is_right(model, inputs, labels):
    truth = F.one_hot(labels, 10).bool()
    scores = torch.cat([model(part) for part in inputs.split(BATCH)])
    return scores[truth] - scores.masked_fill(truth, -torch.inf).amax(1) > TIE


def judge(model, images, labels, found, norm, epsilon, clip):
    """For each sample whether it stands, and the size of the change where it was right and no longer is.

    Broken is what was wrong already, or what an input within the ball (and in [0, 1]) makes wrong.
    """
    found = into_ball(images, found, norm, epsilon) if clip else found
    size = sizes(found - images, norm)
    legal = (found.amin((1, 2, 3)) >= 0) & (found.amax((1, 2, 3)) <= 1)
    wrong = legal & ~is_right(model, found, labels)
    right = is_right(model, images, labels)
    robust = right & ~(wrong & (size <= epsilon + SLACK))
    return robust, size[right & wrong]


def bits(flags):
    return "".join("1" if flag else "0" for flag in flags.tolist())
