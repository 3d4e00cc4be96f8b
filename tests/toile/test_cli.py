from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import toile

SENTENCE = "一件蓝色长裙，腰围38，长度110cm"
Run = subprocess.CompletedProcess[str]


def run(*arguments: str, stdin: str | None = None, **options: object) -> Run:
    """Run the command line as a user does."""
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-P", "-m", "toile", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=280,
        **options,
    )


def refuses(done: Run) -> str:
    """Assert that a run said one sentence on stderr, nothing on stdout, and exited with 2; return the sentence."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("toile: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert lines[0].endswith((".", "。"))
    return lines[0]


def test_version() -> None:
    assert run("--version").stdout == f"toile {toile.__version__}\n"


def test_help_names_every_command() -> None:
    text = run("--help").stdout
    assert all(
        f" {name} " in text
        for name in ("try-on", "parse", "avatar", "draft", "simulate", "render", "certify")
    )


def test_parse_prints_the_request_as_json() -> None:
    done = run("parse", SENTENCE, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    request = json.loads(done.stdout)
    assert request["garments"][0]["length_cm"] == 110
    assert request["garments"][0]["category"] == "dress"
    assert any(note["kind"] == "ambiguity" for note in request["notes"])


def test_parse_prints_the_same_bytes_every_time() -> None:
    assert run("parse", SENTENCE, "--json").stdout == run("parse", SENTENCE, "--json").stdout


def test_parse_for_people_says_what_was_understood() -> None:
    done = run("parse", SENTENCE)
    assert done.stdout.startswith("蓝色连衣裙，长款，长110厘米，腰围76厘米。\n多种理解：")
    english = run("parse", "a top, maybe in blue")
    assert english.stdout.startswith("A blue T-shirt.\nambiguity: ")
    assert "Question: Which kind of garment is 'top'? (T-shirt / " in english.stdout


def test_edit_says_what_would_change(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(
        run("parse", "一件红色连衣裙，长110cm", "--json").stdout, encoding="utf-8"
    )
    done = run("edit", str(tmp_path), "再短一点，换成真丝", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith("长：110厘米 → 105厘米（假定）\n面料：未说 → 真丝\n")
    as_json = json.loads(run("edit", str(tmp_path), "5 cm shorter", "--dry-run", "--json").stdout)
    assert as_json["changes"] == [
        {"field": "garments[0].length_cm", "before": 110.0, "after": 105.0, "assumed": False}
    ]
    refused = run("edit", str(tmp_path), "thanks", "--dry-run")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1


def test_a_reader_that_is_not_there_is_refused() -> None:
    for options in (
        ["--reader", "http"],
        ["--reader", "local", "--model", "/nowhere"],
        ["--reader", "oracle"],
    ):
        done = run("parse", "a red dress", *options)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


def test_parse_lines_answers_every_line_in_order(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text(f"{SENTENCE}\n\nno garment here\na red wool skirt\n", encoding="utf-8")
    done = run("parse", "--lines", str(tmp_path / "texts"))
    assert done.returncode == 0
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [("garments" in a, "error" in a) for a in answers] == [
        (True, False),
        (False, True),
        (False, True),
        (True, False),
    ]
    assert answers[3]["garments"][0]["category"] == "skirt"


def test_parse_lines_reads_stdin() -> None:
    done = run("parse", "--lines", "-", stdin="a red wool skirt\n")
    assert json.loads(done.stdout)["garments"][0]["colour"]["name"] == "red"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["parse", "hello world"], "garment"),
        (["parse", ""], "garment"),
        (["parse"], "--lines"),
        (["parse", "--lines", "nowhere.txt"], "nowhere.txt"),
        (["parse", "裙" * 30_000], "30000"),
        (["try-on", "一件裙子，腰围500cm", "--out", "look"], "500"),
        (["try-on", "a dress for a woman of height -165 cm", "--out", "look"], "165"),
        (["try-on", "no such thing", "--out", "look"], "garment"),
        (["try-on", "一条裙子", "--ask", "--out", "look"], "连衣裙／半身裙"),
        (["try-on", "a skirt"], "--out"),
        (["try-on", "a skirt", "--out", "look", "--motion", "fly"], "motion"),
        (["try-on", "a skirt", "--out", "look", "--seconds", "0"], "seconds"),
        (["try-on", "a skirt", "--out", "look", "--seconds", "nan"], "nan"),
        (["try-on", "a skirt", "--out", "look", "--view", "underneath"], "underneath"),
        (["try-on", "a skirt", "--out", "look", "--size", "3"], "3 pixels"),
        (["try-on", "a skirt", "--out", "look", "--edge-mm", "0.1"], "0.1 mm"),
        (["try-on", "a skirt", "--out", os.devnull], "cannot be written"),
        (["avatar", "--height-cm", "-165"], "-165"),
        (["avatar", "--waist-cm", "500"], "500"),
        (["avatar", "--waist-cm", "wide"], "wide"),
        (["avatar", "--out", "body.fbx"], ".glb"),
        (["draft", "nowhere.json", "--out", "look"], "nowhere.json"),
        (["render", "nowhere"], "nowhere"),
        (["certify", "nowhere"], "nowhere"),
        (["simulate", "nowhere"], "nowhere"),
        (["sew"], "sew"),
        ([], "COMMAND"),
        (["parse", "a skirt", "--colour"], "--colour"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(arguments: list[str], word: str, tmp_path: Path) -> None:
    assert word in refuses(run(*arguments, cwd=tmp_path))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"garments": []}', '{"garments": [{"category": "tent"}]}', "\x00"]
)
def test_a_damaged_request_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(text)
    refuses(run("draft", "request.json", "--out", "out", cwd=tmp_path))


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A folder with a drafted pattern, and what drafting it printed."""
    folder = tmp_path_factory.mktemp("drafted")
    done = run("draft", SENTENCE, "--out", str(folder), "--json", "--no-cache")
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.mark.parametrize("command", ["render", "certify"])
@pytest.mark.parametrize(
    "damage", [b"", b"PK\x03\x04half", bytes(range(256)) * 8], ids=["empty", "half", "noise"]
)
def test_a_damaged_simulation_is_named(
    command: str, damage: bytes, drafted: tuple[Path, Run], tmp_path: Path
) -> None:
    look = shutil.copytree(drafted[0], tmp_path / "look")
    (look / "simulation.npz").write_bytes(damage)
    assert "simulation.npz" in refuses(run(command, str(look)))


@pytest.mark.parametrize("name", ["request.json", "avatar.json", "pattern.json"])
@pytest.mark.parametrize("damage", ["", '{"a": 1}', "[]"])
def test_a_damaged_document_is_named(
    name: str, damage: str, drafted: tuple[Path, Run], tmp_path: Path
) -> None:
    look = shutil.copytree(drafted[0], tmp_path / "look")
    (look / "simulation.npz").write_bytes(b"never read, or said to be damaged too")
    (look / name).write_text(damage)
    sentence = refuses(run("simulate" if name == "request.json" else "certify", str(look)))
    assert name in sentence or name.split(".")[0] in sentence or "simulation.npz" in sentence


def test_a_missing_file_of_a_look_is_named(tmp_path: Path) -> None:
    assert "simulation.npz is missing" in refuses(run("certify", str(tmp_path)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in refuses(run("try-on", "a skirt", "--out", str(tmp_path / "look")))


def test_a_folder_in_a_read_only_file_system_is_said() -> None:
    assert "cannot be written" in refuses(run("try-on", "a skirt", "--out", "/proc/look"))


def limit(size: int) -> Callable[[], None]:
    """A start-up that lets no file grow beyond a size [bytes], as a full disk would."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_file_that_cannot_grow_is_said_and_what_was_written_stays_whole(tmp_path: Path) -> None:
    look = tmp_path / "look"
    refuses(run("draft", SENTENCE, "--out", str(look), "--no-cache", preexec_fn=limit(20_000)))
    for path in look.glob("*.json"):
        json.loads(path.read_text())
    assert [p.name for p in look.iterdir() if p.name.startswith(".")] == []


def test_a_full_disk_is_said_and_what_was_written_stays_whole(tmp_path: Path) -> None:
    """On a file system of 64 KiB, mounted where the system lets a test do that."""
    mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    draft = f"{sys.executable} -P -m toile.cli draft '{SENTENCE}' --out {tmp_path}/look --no-cache"
    whole = f"for f in {tmp_path}/look/*.json; do {sys.executable} -m json.tool $f /dev/null || exit 9; done"
    script = f"{mount}; {draft}; status=$?; ls -A {tmp_path}/look >&2; {whole}; exit $status"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True)
    assert "No space is left" in refuses(done)
    assert not re.search(r"^\.", done.stderr, re.M)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_under_stdout_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "toile.cli", "parse", SENTENCE, "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["toile: No space is left; free some and run the same command again."]


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("a red skirt\n" * 300)
    command = f"{sys.executable} -P -m toile.cli parse --lines texts | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_a_defect_is_one_line_and_status_1_and_debug_shows_where() -> None:
    code = (
        "import sys, toile.cli, toile.llm\n"
        "def broken(*_): raise ZeroDivisionError('by nothing')\n"
        "toile.llm.parse = broken\n"
        "sys.exit(toile.cli.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-P", "-c", code, "parse", "a skirt"]
    quiet = subprocess.run(command, capture_output=True, text=True)
    assert quiet.returncode == 1
    assert len(quiet.stderr.splitlines()) == 1
    assert "ZeroDivisionError: by nothing" in quiet.stderr
    assert "--debug" in quiet.stderr
    loud = subprocess.run([*command, "--debug"], capture_output=True, text=True)
    assert loud.returncode == 1
    assert "Traceback" in loud.stderr


def test_an_interrupt_is_status_130() -> None:
    code = (
        "import sys, toile.cli, toile.llm\n"
        "def stopped(*_): raise KeyboardInterrupt\n"
        "toile.llm.parse = stopped\n"
        "sys.exit(toile.cli.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "parse", "a skirt"], capture_output=True, text=True
    )
    assert done.returncode == 130
    assert len(done.stderr.splitlines()) == 1


def test_avatar_json_says_what_was_requested_and_achieved() -> None:
    done = run(
        "avatar", "--sex", "female", "--height-cm", "168", "--bust-cm", "88", "--waist-cm", "70", "--json"
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)["measurements"]
    for name, asked in (("height_cm", 168), ("bust_cm", 88), ("waist_cm", 70)):
        assert measured[name]["requested"] == asked
        assert measured[name]["source"] == "stated"
        assert abs(measured[name]["achieved"] - asked) <= 0.2
    assert measured["hip_cm"]["requested"] is None


def test_avatar_writes_a_glb(tmp_path: Path) -> None:
    done = run("avatar", "--height-cm", "168", "--out", str(tmp_path / "body.glb"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "body.glb").read_bytes()[:4] == b"glTF"


def test_draft_writes_the_pattern_and_says_its_measures(drafted: tuple[Path, Run], tmp_path: Path) -> None:
    folder, done = drafted
    measures = {m["name"]: m for m in json.loads(done.stdout)["measures"]}
    assert abs(measures["length_cm"]["drafted_cm"] - 110) <= 0.1
    assert abs(measures["waist_cm"]["drafted_cm"] - 76) <= 0.1
    for name in ("request.json", "avatar.json", "pattern.json", "pattern.svg", "pattern.dxf"):
        assert (folder / name).stat().st_size > 100
    again = run("draft", str(folder / "request.json"), "--out", str(tmp_path), "--json", "--no-cache")
    assert json.loads(again.stdout)["measures"] == json.loads(done.stdout)["measures"]
