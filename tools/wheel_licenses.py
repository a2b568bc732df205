# SPDX-License-Identifier: Apache-2.0
"""The licence texts of what a wheel of segfleet holds beside segfleet: `add(folder of the unpacked wheel)`.

For each library that auditwheel has put in, the text of the Debian package that owns it; likewise for what is compiled
in from headers. A Debian text that refers to /usr/share/common-licenses is not whole without that file: it comes along.
"""

import pathlib
import re
import subprocess
from importlib import metadata

DOCUMENTS = pathlib.Path("/usr/share/doc")
COMMON = pathlib.Path("/usr/share/common-licenses")
HEADERS = {"nlohmann_json": "nlohmann-json3-dev", "CLI11": "libcli11-dev"}  # name in the wheel: Debian package


def grafted(wheel: pathlib.Path) -> dict[str, str]:
    """The libraries of other people in the wheel: name without version → the file's name before auditwheel's hash."""
    matches = [re.fullmatch(r"(.+)-[0-9a-f]{8}(\..+)", path.name) for path in wheel.glob("*.libs/*")]
    return {match[1]: match[1] + match[2] for match in matches}


def owner(file: str) -> str:
    """The Debian package that owns a library of this name. Raises SystemExit where none does."""
    found = subprocess.run(["dpkg-query", "-S", f"*/{file}"], capture_output=True, text=True).stdout
    packages = {line.split(":")[0] for line in found.splitlines()}
    if len(packages) != 1:
        names = ", ".join(sorted(packages)) or "no Debian package"
        raise SystemExit(f"{file}: {names} owns it, so that its licence text is not known; it cannot be in a wheel")
    return packages.pop()


def text_of(package: str) -> str:
    return (DOCUMENTS / package / "copyright").read_text()


def nanobind() -> str:
    """nanobind's own text, and that of the hash map it comes with, which stands at the top of its header."""
    distribution = metadata.distribution("nanobind")
    (own,) = [path for path in distribution.files if path.match("*.dist-info/licenses/LICENSE")]
    (hash_map,) = [path for path in distribution.files if path.name == "robin_map.h"]
    comment = re.match(r"/\*\*\n(.*?) \*/", hash_map.read_text(), re.DOTALL)[1]
    return own.read_text() + "\n\nrobin_map:\n\n" + re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE)


def texts(wheel: pathlib.Path) -> dict[str, str]:
    """Name of a file → what it says."""
    found = {f"{name}.txt": text_of(owner(file)) for name, file in grafted(wheel).items()}
    found |= {f"{name}.txt": text_of(package) for name, package in HEADERS.items()}
    found["nanobind.txt"] = nanobind()
    referred = set(re.findall(rf"{COMMON}/([\w.-]*\w)", "\n".join(found.values())))
    return found | {f"common-licenses/{name}": (COMMON / name).read_text() for name in referred}


def add(wheel: pathlib.Path) -> None:
    """Writes the texts beside segfleet's own and lists them in the metadata, as PEP 639 asks."""
    (information,) = wheel.glob("*.dist-info")
    added = texts(wheel)
    for name, text in added.items():
        path = information / "licenses" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    listed = "".join(f"License-File: {name}\n" for name in ["LICENSE", *sorted(added)])
    stated = (information / "METADATA").read_text()
    (information / "METADATA").write_text(stated.replace("License-File: LICENSE\n", listed, 1))
