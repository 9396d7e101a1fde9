"""The input gradient of whole models in PyTorch, for comparison: how long it takes, and how much memory.

    python bench/peers/gradient_torch.py --model resnet18 --variant eager --folder /tmp/bench

Writes `<model>.onnx` (random weights, one fixed seed) and `<model>.json` with the shape of the inputs into the folder
where they are missing, then answers over standard input and output, so that a benchmark can alternate with it: one JSON
line when it is ready, then for each line `run N` N gradients and one JSON line with the seconds of one, and for `memory`
the largest resident size so far in bytes.
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
import transformers

from on_demand import arguments, serve, write_once

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "fixtures" / "make"))
from networks import load_network  # noqa: E402

BATCH = 64
TEXTS, TOKENS = 8, 128
FASHION = {"cnn": "fashion-cnn", "mlp": "fashion-mlp"}
SEED = 7


def image_inputs(shape):
    """The same numbers as bench/gradients.mjs makes: x_i = (i * 2654435761 mod 2^32) / 2^32."""
    count = int(np.prod(shape))
    hashed = np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
    return torch.from_numpy((hashed * 2.0**-32).astype(np.float32).reshape(shape))


def token_inputs(vocabulary):
    hashed = np.arange(TEXTS * TOKENS, dtype=np.uint32) * np.uint32(2654435761)
    return torch.from_numpy((hashed % vocabulary).astype(np.int64).reshape(TEXTS, TOKENS))


class Images:
    """A classifier of images; `channels-last` keeps weights and images in that layout."""

    def __init__(self, name, variant):
        self.network, self.shape = self.build(name)
        layout = torch.channels_last if variant == "channels-last" else torch.contiguous_format
        self.plain = image_inputs(self.shape)
        self.images = self.plain.contiguous(memory_format=layout) if len(self.shape) == 4 else self.plain
        self.labels = torch.arange(self.shape[0]) % 10
        if len(self.shape) == 4:
            self.network = self.network.to(memory_format=layout)

    @staticmethod
    def build(name):
        torch.manual_seed(SEED)
        if name in FASHION:
            path = ROOT / "fixtures" / "models" / f"{FASHION[name]}.onnx"
            return load_network(path), (BATCH, 1, 28, 28)
        make = {"resnet18": torchvision.models.resnet18, "mobilenet_v2": torchvision.models.mobilenet_v2}[name]
        return make().eval().requires_grad_(False), (BATCH, 3, 224, 224)

    def gradient(self):
        x = self.images.detach().requires_grad_(True)
        scores = self.network(x)
        (gradient,) = torch.autograd.grad(F.cross_entropy(scores, self.labels, reduction="sum"), x)
        return gradient

    def export(self, path):
        network = self.network.to(memory_format=torch.contiguous_format)
        one = self.plain[:1].contiguous()
        axes = {"input": {0: "n"}, "logits": {0: "n"}}
        save(network, (one,), path, ["input"], axes)
        return {"shape": list(self.shape), "kind": "images", "classes": self.network(self.plain[:1]).shape[1]}


class Texts:
    """A BERT-base-shaped encoder; its gradient is taken at the embeddings of the tokens."""

    def __init__(self, _, variant):
        attention = "sdpa" if variant == "fused-attention" else "eager"
        torch.manual_seed(SEED)
        config = transformers.BertConfig(num_labels=10, attn_implementation=attention)
        self.network = transformers.BertForSequenceClassification(config).eval().requires_grad_(False)
        self.network.config.return_dict = False
        self.ids = token_inputs(config.vocab_size)
        self.mask = torch.ones_like(self.ids)
        self.labels = torch.arange(TEXTS) % 10

    def gradient(self):
        embedded = self.network.bert.embeddings.word_embeddings(self.ids).detach().requires_grad_(True)
        (scores,) = self.network(inputs_embeds=embedded, attention_mask=self.mask)
        (gradient,) = torch.autograd.grad(F.cross_entropy(scores, self.labels, reduction="sum"), embedded)
        return gradient

    def export(self, path):
        axes = {name: {0: "n", 1: "length"} for name in ("input_ids", "attention_mask")}
        save(self.network, (self.ids[:2], self.mask[:2]), path, list(axes), {**axes, "logits": {0: "n"}})
        return {"shape": [TEXTS, TOKENS], "kind": "texts", "classes": 10, "vocabulary": self.network.config.vocab_size}


def save(network, inputs, path, names, axes):
    torch.onnx.export(
        network, inputs, path, input_names=names, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False
    )


MODELS = {"mlp": Images, "cnn": Images, "resnet18": Images, "mobilenet_v2": Images, "bert_base": Texts}


def main():
    options = arguments(__doc__, MODELS, ("eager", "channels-last", "fused-attention"))
    make = MODELS[options.model]
    if options.variant == "eager":
        write_once(options.folder / f"{options.model}.onnx", lambda path: make(options.model, "eager").export(path))
    model = make(options.model, options.variant)
    gradient = model.gradient()
    serve(model.gradient, {"largest": gradient.abs().max().item(), "sum": gradient.abs().sum().item()})


if __name__ == "__main__":
    main()
