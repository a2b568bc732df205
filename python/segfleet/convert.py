# SPDX-License-Identifier: Apache-2.0
"""Paddle graphs to ONNX packages: `python -m segfleet.convert MODEL_DIR`, or to_onnx().

The result lies in the user's cache, named by the model's content and the converter's versions, so that it is made once.
It is trusted only after Paddle and the converted graph have given the same labels for random input.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

from segfleet import _native
from segfleet._native import ModelPackage
from segfleet.conversion import cache, packages
from segfleet.conversion.check import check
from segfleet.conversion.child import run
from segfleet.conversion.sizes import only_size
from segfleet.errors import Error, InvalidArgument, ModelUnsupported

DEFAULT_OPSET = 14
_FORMAT = 1  # of the entries in the cache: raise it when what is made changes


def to_onnx(model_dir: str | Path, output: str | Path | None = None, opset: int = DEFAULT_OPSET) -> Path:
    """Converts a package with a Paddle graph (PIR or .pdmodel) and gives the ONNX package's folder.

    output: a new or empty folder to put it; None: it stays in the cache, $XDG_CACHE_HOME/segfleet/converted. Safe to be
    called for the same model from several processes at once. Raises segfleet.Error: EngineUnavailable with the pip line
    where packages are missing, InvalidArgument, ModelUnsupported where the graph cannot be converted or its labels
    are not the same, and those of load_model_package().
    """
    model = _paddle_model(model_dir)
    if not 7 <= opset <= 19:
        raise InvalidArgument(f"--opset {opset}: paddle2onnx writes 7 to 19")
    if output is not None:
        output = Path(output).absolute()
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise InvalidArgument(f"--output {output} is there already and not an empty folder")
    entry = _entry_of(model, opset)
    return entry if output is None else _copy(entry, output)


def find_converted(model_dir: str | Path, opset: int = DEFAULT_OPSET) -> Path | None:
    """The package's conversion that the cache holds, or None where to_onnx() would make it: all that needs is here.

    Raises segfleet.Error: EngineUnavailable with the pip line where packages are missing; as to_onnx().
    """
    found = _find(_paddle_model(model_dir), opset)[1]
    if found is None:
        packages.require()
    return found


def _paddle_model(model_dir: str | Path) -> ModelPackage:
    model = _native.load_model_package(Path(model_dir))
    if model.format != "paddle":
        raise InvalidArgument(f"{model.graph_path} is no Paddle graph but {model.format}: it needs no conversion")
    return model


def _find(model: ModelPackage, opset: int) -> tuple[str, Path | None]:
    """The name of the cache's entry, and the entry where it is there."""
    source = repr((_FORMAT, model.fingerprint, model.class_names, opset))
    converter = repr([packages.version_of(module) for module in ("paddle", "paddle2onnx")])
    name = cache.entry_name(source, converter)
    return name, cache.find(name, any_converter=bool(packages.missing()))


def _entry_of(model: ModelPackage, opset: int) -> Path:
    """The cache's entry, made where it is not there."""
    name, found = _find(model, opset)
    if found is not None:
        return found
    packages.require()
    with cache.work_folder(cache.root()) as work:
        package = work / "package"
        package.mkdir()
        _convert(model, opset, work, package)
        return cache.publish(package, cache.root() / name)


def _convert(model: ModelPackage, opset: int, work: Path, package: Path) -> None:
    """Makes the package in the folder `package`, checked."""
    graph = work / f"graph{model.graph_path.suffix}"  # under one name: paddle2onnx goes by it
    weights = work / "graph.pdiparams"
    graph.symlink_to(model.graph_path.resolve())
    weights.symlink_to(model.weights_path.resolve())
    onnx_file = package / ("inference.onnx" if model.paddlex else "model.onnx")
    with cache.os_errors(package):
        pinned = _export(model, opset, work, onnx_file)
    agreement, engine = check(model, graph, weights, onnx_file, work)
    with cache.os_errors(package):
        config = package / ("inference.yml" if model.paddlex else "deploy.yaml")
        config.write_text(_native.config_text(model, onnx_file.name))
        if model.class_names:
            (package / "classes.txt").write_text("\n".join(model.class_names) + "\n")
        record = {
            "fingerprint": _native.load_model_package(package).fingerprint,
            "source": str(model.graph_path),
            "source_fingerprint": model.fingerprint,
            "opset": opset,
            "only_size": pinned,
            "versions": [packages.version_of(module) for module in ("paddle", "paddle2onnx", engine)],
            "compared_pixels": agreement.pixels,
            "equal_share": agreement.equal_share,
        }
        (package / cache.RECORD).write_text(json.dumps(record, indent=1) + "\n")


def _export(model: ModelPackage, opset: int, work: Path, onnx_file: Path) -> tuple[int, int] | None:
    """Writes the ONNX file. Where paddle2onnx refuses open extents, and the transforms give every picture one size, the
    graph is made for that size (height, width) alone, which is returned."""
    export = "segfleet.conversion.export_graph"
    arguments = [str(onnx_file), str(opset)]
    why = run(export, [str(work / f"graph{model.graph_path.suffix}"), str(work / "graph.pdiparams"), *arguments], work)
    if why is None and onnx_file.exists():
        return None
    size = only_size(model)
    if model.pir and size is not None:
        pin = [str(work / "graph"), str(work / "pinned"), *map(str, size)]
        pinned = [str(work / "pinned.json"), str(work / "pinned.pdiparams")]
        if run("segfleet.conversion.pin_shape", pin, work) is None and run(export, [*pinned, *arguments], work) is None:
            return size
    raise ModelUnsupported(
        f"paddle2onnx cannot convert {model.graph_path}: {why or 'it wrote no file'}; export the model with a fixed "
        "--input_shape where it asks for static shapes, or run the package with --engine paddle"
    )


def _copy(entry: Path, output: Path) -> Path:
    with cache.work_folder(output.parent) as work, cache.os_errors(output):
        shutil.copytree(entry, work / "package")
        return cache.publish(work / "package", output)


def main(arguments: list[str] | None = None) -> int:
    """The command line. Standard output holds the folder's path, or one JSON object, and nothing else: with --json an
    error is an object, too."""
    parser = argparse.ArgumentParser(prog="segfleet convert", description="Convert a Paddle model package to ONNX")
    parser.add_argument("model", metavar="MODEL_DIR", type=Path)
    parser.add_argument("--output", metavar="DIR", type=Path, help="a new folder; default: the user's cache")
    parser.add_argument("--opset", metavar="N", type=int, default=DEFAULT_OPSET, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "--find", action="store_true", help="only look: the cached package, or nothing where it could be made"
    )
    words = parser.parse_args(arguments)
    try:
        if words.find:
            folder = find_converted(words.model, words.opset)
        else:
            folder = to_onnx(words.model, words.output, words.opset)
    except Error as error:
        message = re.sub(r"\s+", " ", str(error))
        if words.json:
            print(json.dumps({"error": {"code": error.code, "message": message}}))
        else:
            print(f"segfleet: {message} ({error.code})", file=sys.stderr)
        return 2 if isinstance(error, InvalidArgument) else 1
    except KeyboardInterrupt:
        return 130
    record = {} if folder is None else json.loads((folder / cache.RECORD).read_text())
    if words.json:
        print(json.dumps({"package": None if folder is None else str(folder), **record}))
    else:
        print(folder or "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
