"""The house rules that a machine can check: layers, packaging, start-up time, licences, sizes, the README."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "toile": "toile",
    "engine": "toile.engine",
    "garments": "toile.garments",
    "avatars": "toile.avatars",
    "shaders": "toile.shaders",
    "llm": "toile.llm",
}
STAGES = ("cloth", "render", "export", "refine", "fit")

# What each layer may import of ours, beside itself.
LAYERS: dict[str, tuple[str, ...]] = {
    "toile.engine.core": (),
    "toile.shaders": ("toile.engine.core",),
    "toile.garments": ("toile.engine.core", "toile.shaders"),
    "toile.avatars": ("toile.engine.core", "toile.shaders"),
    "toile.llm": ("toile.engine.core", "toile.garments.spec"),
    **{
        f"toile.engine.{stage}": ("toile.engine.core", "toile.shaders", "toile.garments", "toile.avatars")
        for stage in STAGES
    },
}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(p for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)


def module_name(path: Path) -> str:
    folder, *rest = path.relative_to(ROOT).with_suffix("").parts
    parts = [FOLDERS[folder], *rest]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; name the module in full"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).is_file()]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    above = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources("engine", "garments", "avatars", "shaders", "llm")
        if within(module_name(path), layer)
        for line, name in imports_of(path)
        if within(name, "toile") and not any(within(name, allowed) for allowed in (layer, *LAYERS[layer]))
    ]
    assert above == []


def test_every_engine_stage_has_a_layer() -> None:
    stages = {p.parent.name for p in (ROOT / "engine").glob("*/__init__.py")}
    assert stages <= {"core", *STAGES}


def test_every_folder_with_python_files_is_packaged() -> None:
    tool = project()["tool"]["setuptools"]  # type: ignore[index]
    found = {module_name(p.parent / "__init__.py") for p in sources(*FOLDERS)}
    assert set(tool["packages"]) == found
    for package in found:
        folder = ROOT / next(
            f for f, n in sorted(FOLDERS.items(), key=lambda i: -len(i[1])) if within(package, n)
        )
        inner = package.removeprefix(FOLDERS[folder.name]).strip(".").split(".")
        assert (folder.joinpath(*filter(None, inner)) / "__init__.py").is_file()


def test_every_data_file_is_packaged() -> None:
    data = project()["tool"]["setuptools"]["package-data"]  # type: ignore[index]
    missing = []
    for path in tracked():
        folder = path.relative_to(ROOT).parts[0]
        if folder not in FOLDERS or path.suffix == ".py":
            continue
        package, inner = FOLDERS[folder], path.relative_to(ROOT / folder)
        candidates = [(package, inner)]
        if len(inner.parts) > 1:
            candidates.append((f"{package}.{inner.parts[0]}", inner.relative_to(inner.parts[0])))
        if not any(i.match(g) for p, i in candidates for g in data.get(p, ())):
            missing.append(str(path.relative_to(ROOT)))
    assert missing == []


def test_import_is_light_and_quick() -> None:
    heavy = ("torch", "warp", "scipy", "numpy", "pydantic", "PIL", "rich", "PythonCDT")
    code = f"import sys, toile; print([m for m in {heavy!r} if m in sys.modules])"
    times = []
    for _ in range(3):
        started = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent
        )
        times.append(time.perf_counter() - started)
        assert run.stdout.strip() == "[]"
    bare = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert min(times) - (time.perf_counter() - bare) < 0.3


def test_the_public_names_exist() -> None:
    import toile

    assert [name for name in toile.__all__ if getattr(toile, name) is None] == []


def test_the_version_is_said_once() -> None:
    import toile

    assert project()["project"]["version"] == toile.__version__  # type: ignore[index]
    assert f"## {toile.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_lock_pins_every_dependency_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|@ |--", text)
    pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)$", text, re.M))
    assert pins["torch"] == "2.13.0"
    canonical = {re.sub(r"[-_.]+", "-", n).lower() for n in pins}
    table = project()["project"]
    wanted = [*table["dependencies"], *table["optional-dependencies"]["dev"]]  # type: ignore[index]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", w)[0]).lower() for w in wanted}
    assert names <= canonical


def test_no_dependency_has_a_licence_that_a_product_cannot_take() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = []
    for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M):
        meta = importlib.metadata.metadata(name)
        said = [meta.get("License-Expression") or "", (meta.get("License") or "").split("\n")[0]]
        said += [c for c in meta.get_all("Classifier") or [] if c.startswith("License")]
        if re.search(r"\b[AL]?GPL|GNU|non-?commercial", " ".join(said), re.I):
            found.append(f"{name}: {said}")
    assert found == []


def test_nothing_in_the_repository_names_a_place_on_one_machine() -> None:
    places = re.compile(r"(?<![\w.])/(?:root|home|Users|work|opt)/[A-Za-z]")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {m.group()}" for m in places.finditer(text)]
    assert [f for f in found if not f.startswith("tests/test_house.py")] == []


def test_what_ships_stays_small() -> None:
    shipped = [p for p in tracked() if p.relative_to(ROOT).parts[0] in FOLDERS and p.suffix != ".py"]
    assert sum(p.stat().st_size for p in shipped) < 60 * 1024**2
    assert [str(p) for p in tracked() if p.stat().st_size > 40 * 1024**2] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of what is checked in, so that nothing else leaks into it."""
    place = tmp_path_factory.mktemp("wheel")
    for path in tracked():
        target = place / "source" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([sys.executable, *command, str(place), str(place / "source")], check=True)
    (found,) = place.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment that sees this one's libraries but not this checkout, with the wheel installed."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # A path named in a .pth file is searched, but the .pth files in it (the editable install) are not read.
    (Path(purelib) / "libraries.pth").write_text(
        "\n".join(p for p in sys.path if p.endswith("site-packages")) + "\n"
    )
    install = ["install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    return place / "bin"


def run_elsewhere(elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(elsewhere / arguments[0]), *arguments[1:]],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_wheel_works_in_a_clean_environment(elsewhere: Path) -> None:
    import toile

    version = run_elsewhere(elsewhere, "toile", "--version")
    assert version.stdout.strip() == f"toile {toile.__version__}", version.stderr
    parsed = run_elsewhere(elsewhere, "toile", "parse", "--json", "一件蓝色长裙，腰围38，长度110cm")
    assert parsed.returncode == 0, parsed.stderr
    assert '"length_cm": 110' in parsed.stdout


def test_every_module_of_the_wheel_is_in_it_and_imports(elsewhere: Path) -> None:
    modules = [module_name(p) for p in sources(*FOLDERS) if p in set(tracked())]
    code = (
        "import importlib, sys, toile\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(toile.__file__)"
    )
    run = run_elsewhere(elsewhere, "python", "-c", code)
    assert run.returncode == 0, run.stderr
    assert str(ROOT) not in run.stdout


def readme_blocks(language: str) -> list[str]:
    found: list[str] = []
    for document in ("README.md", "docs/index.md", "docs/cli.md"):
        path = ROOT / document
        if path.is_file():
            found += re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    return found


def is_slow(block: str) -> bool:
    return bool(re.search(r"try.on|simulate|render|certify|make_motion", block))


def check_block(block: str, language: str, place: Path) -> None:
    shell = (
        [sys.executable, "-c", block] if language == "python" else ["bash", "-euo", "pipefail", "-c", block]
    )
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run = subprocess.run(shell, cwd=place, env=environment, capture_output=True, text=True, timeout=1800)
    assert run.returncode == 0, f"{block}\n{run.stderr}"


@pytest.mark.parametrize("language", ["python", "bash"])
def test_the_quick_blocks_of_the_documents_run(language: str, tmp_path: Path) -> None:
    for block in readme_blocks(language):
        if not is_slow(block) and "make " not in block:
            check_block(block, language, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["python", "bash"])
def test_the_long_blocks_of_the_documents_run(language: str, tmp_path: Path) -> None:
    for block in readme_blocks(language):
        if is_slow(block) and "make " not in block:
            check_block(block, language, tmp_path)


def test_the_make_targets_that_the_documents_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        named = set(
            re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", document.read_text(encoding="utf-8"), re.M)
        )
        assert {a or b for a, b in named} <= targets, document


def test_the_pictures_that_the_documents_show_exist() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
