"""Assets have addresses that change with their content."""

import json
from pathlib import Path

import pytest
from flask import Flask

from vocapp.core import assets
from vocapp.core.assets import AssetsMissing, asset_url, icon


def test_a_vendor_file_is_named_after_its_content(app: Flask) -> None:
    with app.test_request_context("/"):
        assert asset_url("tabler.css").startswith("/static/vendor/tabler.")


def test_our_own_file_carries_a_version(app: Flask) -> None:
    with app.test_request_context("/"):
        assert "?v=" in asset_url("css/app.css")


def test_every_vendor_file_is_served_and_kept(app: Flask) -> None:
    with app.test_request_context("/"):
        addresses = [asset_url(name) for name in (*assets.VENDOR_FILES, "inter.css", "css/app.css")]
    for address in addresses:
        with app.test_client().get(address) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]


def test_nothing_is_fetched_from_elsewhere() -> None:
    folder = assets.VENDOR
    styles = [path.read_text(encoding="utf-8") for path in folder.glob("*.css")]
    assert not [style for style in styles if "@import" in style or "url(http" in style or "url(//" in style]


def test_an_unknown_asset_is_refused(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(AssetsMissing, match=r"no asset css/nothing\.css"):
        asset_url("css/nothing.css")


def test_an_icon_is_silent_unless_it_is_labelled() -> None:
    assert 'aria-hidden="true"' in icon("plus")
    assert "<title>Add &lt;b&gt;</title>" in icon("plus", "Add <b>")


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(AssetsMissing, match="There is no icon unicorn"):
        icon("unicorn")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small node_modules, and an empty static folder beside it."""
    modules = tmp_path / "node_modules"
    faces = "".join(
        f"/* inter-{subset}-wght-normal */\n@font-face {{ src: url(./files/{subset}.woff2); }}\n"
        for subset in assets.INTER_SUBSETS
    )
    contents = {source: f"/* {name} */" for name, source in assets.VENDOR_FILES.items()}
    contents |= {f"{assets.INTER}/wght.css": faces}
    contents |= {
        f"{assets.INTER}/files/inter-{subset}-wght-normal.woff2": subset for subset in assets.INTER_SUBSETS
    }
    drawing = '<svg class="x"><path stroke="none" d="M0 0h24v24H0z"/><path d="M5 12h14" /></svg>'
    contents |= {f"@tabler/icons/icons/outline/{name}.svg": drawing for name in assets.ICONS}
    for source, content in contents.items():
        path = modules / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(assets, "NODE_MODULES", modules)
    monkeypatch.setattr(assets, "LOCK", tmp_path / "package-lock.json")
    monkeypatch.setattr(assets, "STATIC", tmp_path / "static")
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "static" / "vendor")
    return modules


def test_installing_copies_what_pages_need(packages: Path) -> None:
    assert assets.install()
    manifest = json.loads((assets.VENDOR / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {*assets.VENDOR_FILES, "inter.css"}
    assert manifest["icons"]["plus"] == '<path d="M5 12h14" />'
    assert all((assets.VENDOR / name).is_file() for name in manifest["files"].values())


def test_installing_again_does_nothing(packages: Path) -> None:
    assert assets.install()
    assert not assets.install()


def test_a_new_lock_installs_again(packages: Path) -> None:
    assert assets.install()
    assets.LOCK.write_text('{"changed": true}', encoding="utf-8")
    assert assets.install()


def test_a_missing_package_is_named(packages: Path) -> None:
    (packages / "htmx.org/dist/htmx.min.js").unlink()
    with pytest.raises(AssetsMissing, match=r"htmx\.org/dist/htmx\.min\.js is missing"):
        assets.install()
