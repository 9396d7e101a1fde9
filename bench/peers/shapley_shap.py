"""KernelSHAP of a small network on a table of 30 columns by shap, for comparison: how long it takes, and what it finds.

    python bench/peers/shapley_shap.py --folder /tmp/bench --rows 100 --background 20 --samples 2048

Writes `shapley-mlp.onnx` (random weights, one fixed seed), the rows that are explained and the background into the folder,
then answers over standard input and output: one JSON line when it is ready, then for each line `run` one with the seconds
and the values of all rows, [rows, features]. Without selection of features (`l1_reg`), since shap's default sets all but ten
values to 0. The network runs in ONNX Runtime on both sides.
"""

import argparse
import pathlib
import sys
import time

import numpy as np
import onnx
import onnxruntime
import shap
from onnx import TensorProto, helper, numpy_helper

from on_demand import answer

FEATURES = 30
# As those of the tabular fixtures.
LAYERS = [FEATURES, 24, 24, 1]
SEED = 7


def write_network(path, draws):
    nodes, constants, value = [], [], "x"
    for i, (inputs, outputs) in enumerate(zip(LAYERS, LAYERS[1:])):
        last = i == len(LAYERS) - 2
        weights = draws.normal(size=(inputs, outputs)) * np.sqrt(2 / inputs)
        constants.append(numpy_helper.from_array(weights.astype(np.float32), f"w{i}"))
        constants.append(numpy_helper.from_array(draws.normal(size=outputs).astype(np.float32) / 4, f"b{i}"))
        linear = "y" if last else f"linear{i}"
        nodes.append(helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [linear]))
        if not last:
            value = f"relu{i}"
            nodes.append(helper.make_node("Relu", [linear], [value]))
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", FEATURES])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def open_network(path, threads):
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(["y"], {"x": np.asarray(rows, dtype=np.float32)})[0][:, 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--background", type=int, default=20)
    parser.add_argument("--samples", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    draws = np.random.default_rng(SEED)
    network = options.folder / "shapley-mlp.onnx"
    write_network(network, draws)
    rows = draws.normal(size=(options.rows, FEATURES)).astype(np.float32)
    background = draws.normal(size=(options.background, FEATURES)).astype(np.float32)
    rows.tofile(options.folder / "shapley-rows.bin")
    background.tofile(options.folder / "shapley-background.bin")
    explainer = shap.KernelExplainer(open_network(network, options.threads), background)
    explain = lambda some: explainer.shap_values(some, nsamples=options.samples, l1_reg=False, silent=True)
    explain(rows[:2])
    answer({"ready": True, "shap": shap.__version__, "features": FEATURES})
    for line in sys.stdin:
        if line.strip() != "run":
            answer({"error": f"unknown request {line.strip()!r}; the only one is 'run'"})
            continue
        start = time.perf_counter()
        values = explain(rows)
        answer({"seconds": time.perf_counter() - start, "values": np.asarray(values).ravel().tolist()})


if __name__ == "__main__":
    main()
