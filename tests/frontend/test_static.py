"""What is shipped to browsers: nothing from outside, nothing inline, no icon or file that does not exist, readable colours."""

import hashlib
import re
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
APPS = ("erp_site", "permissions", "ledgers", "customers", "imports")
TEMPLATES = sorted(
    path for folder in [ROOT / "templates", *(ROOT / app for app in APPS)] for path in folder.rglob("*.html")
)
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
OWN_FILES = sorted(
    path for kind in ("css", "js", "svg") for path in STATIC.rglob(f"*.{kind}") if VENDOR not in path.parents
)
NAMESPACE = "http://www.w3.org/2000/svg"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def found(pattern: str, text: str) -> list[str]:
    return [match.group(0) for match in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("path", TEMPLATES + OWN_FILES, ids=name_of)
def test_no_address_outside(path):
    text = path.read_text().replace(NAMESPACE, "")
    assert found(r"""(https?:|\bwss?:|["'(]\s*//)[^\s"')]*""", text) == []


def test_vendored_styles_load_nothing():
    text = re.sub(r"/\*.*?\*/", "", (VENDOR / "tabler/tabler.min.css").read_text(), flags=re.DOTALL)
    assert set(found(r"https?://[^\s'\")]+", text)) <= {NAMESPACE}
    assert found(r"""@import|url\((?!["']?data:)[^)]*""", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_have_nothing_inline(path):
    text = re.sub(r"{#.*?#}", "", path.read_text())
    assert found(r"<style|\sstyle\s*=|\son[a-z]+\s*=|hx-on[:\s=]|javascript:|=\s*[\"']js:", text) == []
    assert [tag for tag in found(r"<script\b[^>]*>", text) if "src=" not in tag] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_templates_do_not_expect_bootstraps_scripts(path):
    assert found(r"data-bs-(toggle|dismiss|target)", path.read_text()) == []


def sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_icons_exist(path):
    text = path.read_text()
    included = re.findall(r'components/icon\.html" with name="([^"]+)"', text)
    defaults = re.findall(r'icon\|default:"([^"]+)"', text)
    passed = re.findall(r'\b(?:action_)?icon="([^"]+)"', text)
    assert set(included + defaults + passed) - sprite() == set()


def test_icon_list_and_sprite_agree():
    listed = (ROOT / "deploy/vendor/icons.txt").read_text().split()
    assert sorted(sprite()) == sorted(listed)


def versions() -> dict[str, str]:
    lines = (VENDOR / "VERSIONS").read_text().splitlines()
    return {path: checksum for path, _package, checksum in (line.split("  ") for line in lines)}


def test_vendored_files_are_the_listed_ones():
    actual = {path: "sha256:" + hashlib.sha256((STATIC / path).read_bytes()).hexdigest() for path in versions()}
    assert actual == versions()


def test_every_vendored_file_is_listed_and_has_its_licence():
    files = {path for path in VENDOR.rglob("*") if path.is_file()} - {VENDOR / "VERSIONS", VENDOR / "README.md"}
    assert {str(path.relative_to(STATIC)) for path in files} == versions().keys() - {"icons.svg"}
    assert {path.parent for path in files} == {path.parent for path in files if path.name == "LICENSE"}
    assert sum(path.stat().st_size for path in files) < 2_000_000


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_component_begins_with_its_inputs(path):
    first = path.read_text().splitlines()[0]
    assert re.fullmatch(r"{# Inputs: .+ #}", first)


def test_words_of_scripts_and_their_translations_agree():
    offered = set(re.findall(r"data-([a-z-]+)=", (ROOT / "templates/components/ui_text.html").read_text()))
    scripts = "\n".join(path.read_text() for path in (STATIC / "js").glob("*.js"))
    used = set(re.findall(r'text\("(\w+)"', scripts))
    used |= set(re.findall(r'[?:] "(\w+)"', scripts)) | set(re.findall(r'\d: "(\w+)"', scripts))
    camel = {re.sub(r"-(\w)", lambda match: match.group(1).upper(), name) for name in offered}
    assert set(re.findall(r'text\("(\w+)"', scripts)) <= camel
    assert camel <= used


def test_static_files_can_be_collected(settings, tmp_path):
    """The hashing storage refuses a reference to a file that is not there."""
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").is_file()


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6});", block))


def palettes() -> dict[str, dict[str, str]]:
    text = (STATIC / "css/app.css").read_text()
    light = tokens(text.split(":root {")[1].split("}")[0])
    dark = tokens(text.split('[data-bs-theme="dark"] {')[1].split("}")[0])
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


TEXT_ON = [(text, ground) for text in ("text", "muted", "faint", "primary") for ground in ("bg", "surface", "sunken")]
TEXT_ON += [(tone, f"{tone}-soft") for tone in ("success", "warning", "danger", "info", "neutral")]
TEXT_ON += [("text", f"{tone}-soft") for tone in ("primary", "success", "warning", "danger", "info", "neutral")]
TEXT_ON += [("primary-text", "primary-soft"), ("on-primary", "primary-fill"), ("on-primary", "primary-fill-hover")]
TEXT_ON += [("on-primary", "danger-fill"), ("on-primary", "danger-fill-hover"), ("text", "hover"), ("muted", "hover")]
TEXT_ON += [(tone, "surface") for tone in ("success", "warning", "danger")] + [
    ("faint", "hover"),
    ("faint", "danger-soft"),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_is_readable(theme, text, ground):
    palette = palettes()[theme]
    assert contrast(palette[text], palette[ground]) >= 4.5
