"""Style sheets, scripts, fonts and icons: what is taken from npm, and under which address a page finds it."""

import hashlib
import json
import re
import shutil
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import url_for
from markupsafe import Markup, escape

PROJECT_ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = PROJECT_ROOT / "node_modules"
LOCK = PROJECT_ROOT / "package-lock.json"
STATIC = PROJECT_ROOT / "vocapp" / "static"
VENDOR = STATIC / "vendor"

VENDOR_FILES = {
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "vega.js": "vega/build/vega.min.js",
    "vega-lite.js": "vega-lite/build/vega-lite.min.js",
    "vega-embed.js": "vega-embed/build/vega-embed.min.js",
}
INTER = "@fontsource-variable/inter"
INTER_SUBSETS = ("cyrillic-ext", "cyrillic", "greek", "latin-ext", "latin")
ICONS = (
    "adjustments-horizontal",
    "alert-triangle",
    "archive",
    "arrow-left",
    "arrow-narrow-down",
    "arrow-narrow-up",
    "arrow-right",
    "arrows-sort",
    "at",
    "ban",
    "bell",
    "bookmark",
    "briefcase",
    "building",
    "calendar",
    "chart-bubble",
    "chart-dots",
    "chart-histogram",
    "check",
    "checks",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "chevron-up",
    "circle-check",
    "circle-x",
    "clipboard-list",
    "clock",
    "copy",
    "currency-dollar",
    "database-import",
    "device-mobile",
    "dots",
    "download",
    "edit",
    "external-link",
    "eye",
    "eye-off",
    "file-download",
    "file-spreadsheet",
    "file-text",
    "filter",
    "flag",
    "history",
    "hourglass",
    "inbox",
    "info-circle",
    "key",
    "language",
    "layout-dashboard",
    "list-check",
    "lock",
    "logout",
    "mail",
    "mail-opened",
    "mailbox",
    "map-pin",
    "menu-2",
    "message-2",
    "message-circle",
    "message-off",
    "message-question",
    "messages",
    "minus",
    "moon",
    "mood-empty",
    "pencil",
    "phone",
    "player-pause",
    "player-play",
    "plus",
    "quote",
    "refresh",
    "rocket",
    "scale",
    "search",
    "send",
    "settings",
    "shield-check",
    "shield-lock",
    "sparkles",
    "star",
    "sun",
    "target",
    "trash",
    "trending-down",
    "trending-up",
    "upload",
    "user",
    "user-check",
    "user-off",
    "user-plus",
    "user-question",
    "user-search",
    "users",
    "volume-3",
    "x",
)


class AssetsMissing(RuntimeError):
    """The vendor files are not there, or a page asks for one that nobody declared."""


def install() -> bool:
    """Copy what pages need from node_modules into static/vendor under content-hashed names.

    Returns False when everything was there already. Raises `AssetsMissing` without the npm packages.
    """
    fingerprint = _fingerprint()
    manifest = _read_manifest(VENDOR)
    if manifest is not None and manifest["fingerprint"] == fingerprint:
        return False
    draft = STATIC / ".vendor-draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    files = {
        name: _keep(draft, name, _package_text(source).encode()) for name, source in VENDOR_FILES.items()
    }
    files["inter.css"] = _keep(draft, "inter.css", _inter_style(draft).encode())
    icons = {name: _icon_drawing(name) for name in ICONS}
    written = {"fingerprint": fingerprint, "files": files, "icons": icons}
    (draft / "manifest.json").write_text(json.dumps(written, indent=1, sort_keys=True), encoding="utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)
    return True


def asset_url(name: str) -> str:
    """Return the address of an asset, which changes whenever its content does.

    `name` is a vendor name ("tabler.css") or a path in our static folder ("css/app.css").
    Raises `AssetsMissing` for anything else.
    """
    vendored = _manifest()["files"].get(name)
    if vendored is not None:
        return url_for("static", filename=f"vendor/{vendored}")
    path = STATIC / name
    if not path.is_file():
        raise AssetsMissing(f"There is no asset {name}; declare it in vocapp/core/assets.py or add the file.")
    return url_for("static", filename=name, v=_version(path, path.stat().st_mtime_ns))


def icon(name: str, label: str | None = None) -> Markup:
    """Return an outline icon as inline SVG: silent for screen readers, or read as `label`."""
    drawing = _manifest()["icons"].get(name)
    if drawing is None:
        raise AssetsMissing(
            f"There is no icon {name}; add it to ICONS in vocapp/core/assets.py and run ./voc up."
        )
    if label is None:
        opening = Markup('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">')
    else:
        opening = Markup('<svg class="icon" viewBox="0 0 24 24" role="img"><title>{}</title>').format(
            escape(label)
        )
    return opening + Markup(drawing) + Markup("</svg>")  # noqa: S704 - drawings come from the locked icon package


def _fingerprint() -> str:
    wanted = json.dumps([VENDOR_FILES, INTER_SUBSETS, ICONS]).encode()
    return hashlib.sha256(LOCK.read_bytes() + wanted).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    path = folder / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


@lru_cache(maxsize=1)
def _manifest() -> dict[str, Any]:
    manifest = _read_manifest(VENDOR)
    if manifest is None:
        raise AssetsMissing("Style sheets and scripts are not installed yet; run ./voc up once.")
    return manifest


@lru_cache(maxsize=64)
def _version(path: Path, _changed_at: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def _package_file(source: str) -> Path:
    path = NODE_MODULES / source
    if not path.is_file():
        raise AssetsMissing(
            f"The npm package file {source} is missing; run ./voc up, or npm ci --ignore-scripts."
        )
    return path


def _package_text(source: str) -> str:
    """Return a package's file without its source map, which we do not serve."""
    text = _package_file(source).read_text(encoding="utf-8")
    return re.sub(r"(/\*|//)[#@] sourceMappingURL=\S+( ?\*/)?", "", text)


def _keep(folder: Path, name: str, content: bytes) -> str:
    stem, dot, extension = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:10]}{dot}{extension}"
    (folder / hashed).write_bytes(content)
    return hashed


def _inter_style(folder: Path) -> str:
    """Return Inter's font faces for our subsets; the font files are kept in `folder`."""
    style = _package_text(f"{INTER}/wght.css")
    faces = []
    for subset in INTER_SUBSETS:
        found = re.search(rf"/\* inter-{subset}-wght-normal \*/\s*(@font-face {{.*?}})", style, re.DOTALL)
        if found is None:
            raise AssetsMissing(
                f"Inter has no {subset} subset any more; correct INTER_SUBSETS in vocapp/core/assets.py."
            )
        source = f"{INTER}/files/inter-{subset}-wght-normal.woff2"
        kept = _keep(folder, f"inter-{subset}.woff2", _package_file(source).read_bytes())
        faces.append(re.sub(r"url\([^)]*\)", f"url({kept})", found.group(1)))
    return "\n".join(faces) + "\n"


def _icon_drawing(name: str) -> str:
    """Return the strokes of an icon, without the frame and the invisible box around it."""
    text = _package_text(f"@tabler/icons/icons/outline/{name}.svg")
    strokes = re.findall(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>", text)
    return "".join(stroke for stroke in strokes if 'stroke="none"' not in stroke)


def main() -> None:
    """Install the assets, and say so when there was something to do."""
    try:
        if install():
            sys.stdout.write(
                f"{len(VENDOR_FILES)} files, the Inter fonts and {len(ICONS)} icons are in place.\n"
            )
    except AssetsMissing as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
