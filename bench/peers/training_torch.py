"""A training step of whole models in PyTorch, for comparison: how long it takes, and how much memory.

    python bench/peers/training_torch.py --model resnet18 --variant eager --folder /tmp/bench

A step is the forward pass with BatchNorm in training mode, cross-entropy, the backward pass and SGD (momentum 0.9, weight
decay 5e-4), each time on the same 128 images. Writes `<model>-training.onnx` (random weights, one fixed seed, batch
normalization kept) and `<model>-training.json` with the shape of the inputs into the folder where they are missing, then
answers over standard input and output, so that a benchmark can alternate with it: one JSON line with the losses of the
first steps when it is ready, then for each line `run N` N steps and one JSON line with the seconds of one, and for
`memory` the largest resident size so far in bytes.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

from gradient_torch import SEED, image_inputs  # puts fixtures/make on the path
from on_demand import arguments, serve, write_once
from train_classifiers import cnn, mlp

BATCH, CLASSES = 128, 10
RATE, MOMENTUM, DECAY = 0.01, 0.9, 5e-4
FIRST_STEPS = 3


def small_resnet18():
    """ResNet-18 for 32 pixels: a first convolution that keeps the size, and no max pooling behind it."""
    network = torchvision.models.resnet18(num_classes=CLASSES)
    network.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    network.apply(scatter)
    return network


def scatter(layer):
    """Exporting makes one constant of equal ones, and a fresh network has all its normalizations equal."""
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1, 0.1)
        for values in (layer.bias, layer.running_mean):
            nn.init.normal_(values, 0, 0.1)
        nn.init.uniform_(layer.running_var, 0.5, 1.5)


MODELS = {
    "cnn": (cnn, (BATCH, 1, 28, 28)),
    "mlp": (mlp, (BATCH, 1, 28, 28)),
    "resnet18": (small_resnet18, (BATCH, 3, 32, 32)),
}


class Training:
    """A network and its optimizer; `channels-last` keeps weights and images in that layout."""

    def __init__(self, name, variant):
        torch.manual_seed(SEED)
        make, self.shape = MODELS[name]
        layout = torch.channels_last if variant == "channels-last" else torch.contiguous_format
        self.network = make().train().to(memory_format=layout)
        self.images = image_inputs(self.shape).contiguous(memory_format=layout)
        self.labels = torch.arange(BATCH) % CLASSES
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)

    def step(self):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.network(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def export(self, path):
        """Before the first step. `PRESERVE` keeps batch normalization a node of its own, with its running statistics."""
        torch.onnx.export(
            self.network.eval(),
            (self.images[:2],),
            path,
            input_names=["input"],
            output_names=["logits"],
            dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}},
            opset_version=17,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
        )
        settings = {"rate": RATE, "momentum": MOMENTUM, "weightDecay": DECAY}
        return {"shape": list(self.shape), "kind": "images", "classes": CLASSES, **settings}


def main():
    options = arguments(__doc__, MODELS, ("eager", "channels-last"))
    if options.variant == "eager":
        path = options.folder / f"{options.model}-training.onnx"
        write_once(path, lambda path: Training(options.model, "eager").export(path))
    training = Training(options.model, options.variant)
    serve(training.step, {"losses": [training.step() for _ in range(FIRST_STEPS)]})


if __name__ == "__main__":
    main()
