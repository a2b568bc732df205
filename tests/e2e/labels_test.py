# SPDX-License-Identifier: Apache-2.0
"""The masks that `segfleet run` writes are those of an independent path: cv2.imread, PaddleSeg's transforms in NumPy,
OpenVINO's Python interface on the exported graph, Paddle's interpolation in NumPy, numpy.argmax."""

import cv2
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from paddle_restore import bilinear, nearest, undo
from paddleseg_transforms import Oracle
from PIL import Image
from segfleet_cli import DEMO_MODEL, run, tree_bytes, write_picture

TIE = 1e-4  # scores this close may change places when the last steps are computed in another order

# Odd sizes around those of the networks, and the shapes that break index arithmetic.
SIZES = [(1, 1), (2, 2), (1, 400), (700, 3), (31, 33), (32, 32), (65, 47), (511, 513), (333, 210), (640, 97)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number, (width, height) in enumerate(SIZES):
        write_picture(folder / f"p{number}.png", width, height, seed=number)
    soft = cv2.imread(str(write_picture(folder / "soft.jpg", 161, 121, seed=20)))
    cv2.imwrite(str(folder / "grey.jpg"), soft[..., 1])
    cv2.imwrite(str(folder / "deep.png"), soft.astype(np.uint16) * 256 + 77)
    Image.fromarray(soft).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(soft).quantize(16).save(folder / "palette.png")
    for orientation in (3, 6, 7):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(soft).save(folder / f"turned{orientation}.jpg", exif=exif)
    return folder


def graph_outputs(model: ov.Model) -> ov.Model:
    """The same graph with the scores before its argmax as another output."""
    port = model.output(0).get_node().input_value(0)
    before = port
    while before.get_node().get_type_name() in ("Convert", "Squeeze"):
        before = before.get_node().input_value(0)
    if before.get_node().get_type_name() != "TopK":
        return model
    return ov.Model([port, before.get_node().input_value(0)], model.get_parameters())


class Reference:
    def __init__(self, graph, transforms):
        core = ov.Core()
        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        self.graph = core.compile_model(graph_outputs(core.read_model(graph)), "CPU", exact)
        self.oracle = Oracle(transforms)

    def __call__(self, path):
        """(label map or None, scores C×H×W, trace); no label map where the graph ends with scores."""
        tensor, trace = self.oracle(cv2.imread(str(path), cv2.IMREAD_COLOR))
        outputs = [np.asarray(value)[0] for value in self.graph(tensor[np.newaxis]).values()]
        return (outputs[0] if len(outputs) == 2 else None), outputs[-1], trace


def mask(output, picture):
    with Image.open(output / "masks" / f"{picture.name}.png") as png:
        return np.asarray(png)


def assert_labels(got, scores, name):
    """Each label has the highest score; another only where it ties within rounding."""
    assert got.shape == scores.shape[1:], name
    chosen = np.take_along_axis(scores, got[np.newaxis].astype(np.int64), 0)[0]
    best = scores.max(0)
    assert (best - chosen).max() <= TIE * max(1.0, np.abs(best).max()), name
    assert np.count_nonzero(got != scores.argmax(0)) <= 0.001 * got.size, name


def check(model, graph, transforms, pictures, output, *more):
    """Masks at both sizes against the reference."""
    for size in ("network", "original"):
        ended = run(model, pictures, output / size, "--size", size, "--names", "full", *more)
        assert ended.status == 0, ended
    reference = Reference(graph, transforms)
    for picture in sorted(pictures.iterdir()):
        labels, scores, trace = reference(picture)
        small, large = (mask(output / size, picture) for size in ("network", "original"))
        assert_labels(small, scores, picture.name)
        if labels is None:
            assert_labels(large, undo(scores, trace, bilinear), picture.name)
        else:
            assert np.array_equal(large, undo(small, trace, nearest)), picture.name


RESIZE_512 = [{"type": "Resize", "target_size": [512, 512]}, {"type": "Normalize"}]


@pytest.mark.parametrize(
    "more", [[], ["--batch", "4", "--devices", "cpu"], ["--workers-per-device", "2"]], ids=" ".join
)
def test_the_demo_model(more, pictures, tmp_path):
    check(DEMO_MODEL, DEMO_MODEL / "model.onnx", RESIZE_512, pictures, tmp_path, *more)


def test_devices_workers_and_batches_change_no_byte(pictures, tmp_path):
    results = []
    for number, more in enumerate([[], ["--batch", "3"], ["--devices", "cpu"], ["--workers-per-device", "2"]]):
        output = tmp_path / str(number)
        ended = run(DEMO_MODEL, pictures, output, "--names", "full", "--outputs", "mask,overlay", *more)
        assert ended.status == 0, ended
        results.append(tree_bytes(output / "masks") | tree_bytes(output / "overlays"))
    assert all(result == results[0] for result in results)


NORMALIZE = {"type": "Normalize", "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]}
# Names to transforms; after all but the first, sizes differ from picture to picture or padding is cut off again.
TRANSFORMS = {
    "as it is": [NORMALIZE],
    "fixed": [{"type": "Resize", "target_size": [64, 48]}, NORMALIZE],
    "keep ratio": [
        {"type": "Resize", "target_size": [700, 200], "keep_ratio": True, "size_divisor": 32},
        NORMALIZE,
    ],
    "long and padding": [
        {"type": "ResizeByLong", "long_size": 700},
        NORMALIZE,
        {"type": "Padding", "target_size": [701, 720], "im_padding_value": 0},
    ],
    "short and aspect": [
        {"type": "ResizeByShort", "short_size": 40, "max_size": 1000},
        {"type": "PaddingByAspectRatio", "aspect_ratio": 1.3},
        NORMALIZE,
    ],
    "two resizes": [{"type": "LimitLong", "max_long": 701, "min_long": 90}, {"type": "ResizeByLong", "long_size": 350}],
}


def tiny_model(folder, output_op, transforms):
    """A convolution over open sizes, as a package that ends as `output_op` says."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    picture = op.parameter([-1, 3, -1, -1], np.float32, name="x")
    weights = op.constant(rng.standard_normal((5, 3, 3, 3)).astype(np.float32))
    scores = op.convolution(picture, weights, [1, 1], [1, 1], [1, 1], [1, 1])
    if output_op == "argmax":
        best = op.topk(scores, op.constant(1), 1, "max", "none", index_element_type="i32")
        scores = op.squeeze(best.output(1), op.constant([1]))
    elif output_op == "softmax":
        scores = op.softmax(scores, 1)
    ov.save_model(ov.Model([scores], [picture]), folder / "model.xml", compress_to_fp16=False)
    # Flow mappings and lists of YAML read what Python prints of them.
    lines = "".join(f"  - {transform}\n" for transform in transforms)
    (folder / "deploy.yaml").write_text(
        f"Deploy:\n  model: model.xml\n  params: model.bin\n  output_op: {output_op}\n  transforms:\n{lines}"
    )
    return folder


@pytest.mark.parametrize("name", TRANSFORMS)
def test_logits_of_an_argmax_export_give_the_masks_of_an_export_without_argmax(name, pictures, tmp_path):
    folders = []
    for output_op, more in (("argmax", ["--restore", "logits"]), ("none", [])):
        model = tiny_model(tmp_path / f"model-{output_op}", output_op, TRANSFORMS[name])
        output = tmp_path / output_op
        ended = run(model, pictures, output, "--names", "full", "--outputs", "mask,confidence", *more)
        assert ended.status == 0, ended
        folders.append((tree_bytes(output / "masks"), tree_bytes(output / "confidence")))
    assert folders[0] == folders[1]
    assert len(folders[0][1]) == len(list(pictures.iterdir()))


@pytest.mark.parametrize("output_op", ["argmax", "softmax", "none"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_tiny_model(name, output_op, pictures, tmp_path):
    transforms = TRANSFORMS[name]
    model = tiny_model(tmp_path / "model", output_op, transforms)
    check(model, model / "model.xml", transforms, pictures, tmp_path, "--batch", "4", "--devices", "cpu")
