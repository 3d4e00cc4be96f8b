"""The command line: results on stdout, progress on stderr; exit 0 done, 2 what the user must change, 1 our defect."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from toile import __version__
from toile import cli_language as language
from toile.engine.core.errors import BadInput, DamagedFile, ToileError

if TYPE_CHECKING:
    from toile.cache import Cache
    from toile.stages import Reporter
    from toile.studio import StudioSettings

TEXT_LIMIT_CHARACTERS = 20_000
PATHS = ("turntable", "along", "waist", "hem", "sleeve", "weave")  # of toile.engine.render.paths
VIEW_WORDS = {"front": 0.0, "three_quarter": 45.0, "left": 90.0, "side": 90.0, "back": 180.0, "right": 270.0}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        options = _parser().parse_args(given)
        status: int = options.run(options) or 0
        sys.stdout.flush()
        return status
    except ToileError as error:
        return _complain(str(error), 2, debug)
    except KeyboardInterrupt:
        return _complain("Stopped; the same command goes on from the last checkpoint.", 130, debug)
    except BrokenPipeError:
        _close_stdout()
        return 141
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            _close_stdout()
            where = f" for {error.filename}" if error.filename else ""
            return _complain(f"No space is left{where}; free some and run the same command again.", 2, debug)
        return _defect(error, debug)
    except Exception as error:
        return _defect(error, debug)


def _complain(sentence: str, status: int, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    print(f"toile: {' '.join(sentence.split())}", file=sys.stderr)
    return status


def _defect(error: Exception, debug: bool) -> int:
    first = next(iter(str(error).splitlines()), "")
    hint = "" if debug else " Run the same command with --debug for the traceback, and report it."
    return _complain(f"This is a defect of toile: {type(error).__name__}: {first[:300]}.{hint}", 1, debug)


def _close_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    from toile.avatar_command import add_avatar_options

    parser = _Parser(
        prog="toile", description="From a sentence to a dressed, moving avatar, in real centimetres."
    )
    parser.add_argument("--version", action="version", version=f"toile {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, text: str, run: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return sub

    sub = command(
        "try-on", "Make everything: request, pattern, simulation, animation, GLB, certificate.", _try_on
    )
    sub.add_argument("text", metavar="TEXT", help="what to make, in Chinese or English")
    sub.add_argument("--out", type=Path, required=True, metavar="DIR", help="the look folder")
    language.add_ask(sub)
    _add_making(sub)
    _add_pattern(sub)
    _add_rendering(sub)

    language.add_parse(command, _parse)
    language.add_edit(command, _edit)

    sub = command("avatar", "Fit a body to measurements and write it as GLB.", _avatar)
    add_avatar_options(sub, _number)
    _add_body(sub)
    sub.add_argument("--out", type=Path, metavar="FILE.glb", help="where to write the body")
    sub.add_argument(
        "--skin", default="", metavar="TONE", help="porcelain, light, tan, brown, deep or #RRGGBB"
    )
    sub.add_argument("--hair", default="", metavar="NAME", help="bun, crop or none")
    sub.add_argument(
        "--show-tapes",
        action="store_true",
        help="put the measuring tapes into the GLB and draw a sheet of them beside it",
    )
    sub.add_argument("--json", action="store_true", help="print requested and achieved measurements as JSON")

    sub = command(
        "sizes", "One body's size in every table and brand's chart, and how far off it is.", _sizes_of_body
    )
    add_avatar_options(sub, _number)
    _add_body(sub)
    sub.add_argument("--json", action="store_true", help="print sizes and measurements as JSON")

    sub = command(
        "draft", "Draft the flat pattern: JSON, SVG to scale, DXF, PDF at 1:1, GarmentCode.", _draft
    )
    sub.add_argument("text", metavar="TEXT|request.json")
    sub.add_argument("--out", type=Path, required=True, metavar="DIR")
    sub.add_argument(
        "--sizes", metavar="SIZES", help="a run of sizes, e.g. 155/80A,160/84A,165/88A or S,M,L or EU 36,38"
    )
    _add_body(sub)
    sub.add_argument("--a0", action="store_true", help="write the PDF on A0 as well, for a plotter")
    sub.add_argument("--json", action="store_true", help="print the finished measurements as JSON")
    sub.add_argument("--no-cache", action="store_true", help="neither read nor fill the cache")

    sub = command("fabric", "List the fabrics, or show one: a name, or a file of your own in SI.", _fabric)
    sub.add_argument("name", metavar="NAME|FILE", nargs="?")
    sub.add_argument("--json", action="store_true", help="print every value as JSON")
    sub.add_argument(
        "--drape", action="store_true", help="hang it over Cusick's support (30 cm on 18 cm) and measure"
    )
    sub.add_argument(
        "--drape-to",
        type=float,
        metavar="PERCENT",
        help="set its bending so that it drapes as your cloth did in that test",
    )

    sub = command("simulate", "Sew and simulate the request and pattern of a look folder.", _simulate)
    sub.add_argument("look", type=Path, metavar="LOOK")
    sub.add_argument(
        "--fields",
        action="store_true",
        help="write strain, stress and contact pressure of every frame: fields.npz",
    )
    _add_making(sub)
    _add_pattern(sub)

    sub = command(
        "render",
        "Render a look folder's simulation again: other views, size, light, colour or fabric.",
        _render,
    )
    sub.add_argument("look", type=Path, metavar="LOOK")
    _add_rendering(sub, closeups=True)
    _add_style(sub)
    sub.add_argument(
        "--backend",
        default="warp",
        metavar="NAME",
        help="another renderer, for key frames alone, into stills-NAME: opengl, mitsuba (path-traced) or pytorch3d",
    )
    sub.add_argument("--json", action="store_true", help="print what was written as JSON")

    sub = command("certify", "Measure a look folder again and write its certificate.", _certify)
    sub.add_argument("look", type=Path, metavar="LOOK")
    sub.add_argument("--json", action="store_true", help="print the certificate as JSON")
    return parser


def _add_body(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--body",
        metavar="FILE",
        help="a body instead of ours: SMPLX_NEUTRAL.npz or another of its family, a scan (.obj, .ply, .glb), "
        "a folder with a mesh a frame, or an .npz of vertices and faces",
    )
    sub.add_argument(
        "--betas", type=int, metavar="N", help="fit so many shape coefficients of an SMPL-X body"
    )


def _add_making(sub: argparse.ArgumentParser) -> None:
    _add_body(sub)
    sub.add_argument(
        "--fabric",
        metavar="NAME|FILE",
        help="of what every garment is: a fabric by name, or a .json or .csv of your own",
    )
    sub.add_argument("--watch", action="store_true", help="draw preview.png and preview.html as frames come")
    sub.add_argument("--motion", metavar="NAME", help="what the wearer does (stand, turn, walk, …)")
    sub.add_argument(
        "--motion-file", metavar="FILE", help="move as a file says: AMASS or SMPL-X .npz, .bvh, .glb, .gltf"
    )
    sub.add_argument(
        "--motion-start",
        type=_number,
        default=0.0,
        metavar="SECONDS",
        help="where to begin in the motion file",
    )
    sub.add_argument("--seconds", type=_number, help="length of the motion")
    sub.add_argument("--fps", type=_number, help="frames per second")
    sub.add_argument(
        "--edge-mm", type=_number, help="edge length of the cloth mesh (default: 12, coarser for much cloth)"
    )
    sub.add_argument(
        "--seed",
        type=int,
        default=0,
        help="start the drape some millimetres beside the placed shape (0: as placed)",
    )
    sub.add_argument("--no-cache", action="store_true", help="neither read nor fill the cache")
    sub.add_argument("--json", action="store_true", help="print what was written as JSON")


def _add_pattern(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--pattern",
        metavar="FILE",
        help="sew this pattern: toile's or GarmentCode's JSON, or DXF with a seam file",
    )
    sub.add_argument(
        "--seams", metavar="FILE", help="the seam file of a DXF (default: beside it, .seams.json)"
    )


def _add_rendering(sub: argparse.ArgumentParser, closeups: bool = False) -> None:
    places = f"; moving cameras: {', '.join(PATHS)}" if closeups else ""
    sub.add_argument(
        "--view",
        action="append",
        type=_view_or_closeup if closeups else _view,
        metavar="DEGREES",
        help=f"a view: degrees to the wearer's left of the front, or {', '.join(VIEW_WORDS)}{places}; may be repeated",
    )
    sub.add_argument(
        "--size", type=int, default=512, metavar="PIXELS", help="height of each view (default 512)"
    )


def _add_style(sub: argparse.ArgumentParser) -> None:
    each = "; repeat it for one a garment"
    sub.add_argument("--colour", action="append", metavar="#RRGGBB", help="in another colour" + each)
    sub.add_argument(
        "--print", action="append", metavar="NAME", dest="prints", help="with another print" + each
    )
    sub.add_argument(
        "--fabric-look",
        action="append",
        metavar="NAME",
        help="as if of another fabric, draped as it was" + each,
    )
    sub.add_argument("--light", default="studio", metavar="NAME", help="studio, soft, hard or sunset")
    sub.add_argument(
        "--figure", default="natural", metavar="NAME", help="natural, or plain as in a shop window"
    )
    sub.add_argument(
        "--skin", default="", metavar="TONE", help="porcelain, light, tan, brown, deep or #RRGGBB"
    )
    sub.add_argument("--hair", default="", metavar="NAME", help="bun, crop or none")
    sub.add_argument("--gif", action="store_true", help="write the animation as a GIF as well")
    sub.add_argument("--webm", action="store_true", help="write the animation as a WebM as well")
    sub.add_argument(
        "--frames", action="store_true", help="keep the animation's frames: frames/view45_frame0012.png"
    )
    sub.add_argument(
        "--alpha",
        action="store_true",
        help="cut the figure out of the studio: stills, frames and WebM are transparent round it",
    )


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not abs(value) < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number that can be used")
    return value


def _view(text: str) -> float:
    word = text.strip().lower().replace("-", "_")
    if word in VIEW_WORDS:
        return VIEW_WORDS[word]
    value = _number(text)
    if not -360.0 <= value <= 360.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an angle between -360 and 360 degrees")
    return value


def _view_or_closeup(text: str) -> float | str:
    word = text.strip().lower()
    return word if word in PATHS else _view(text)


def _settings(options: argparse.Namespace) -> StudioSettings:
    from toile.restyle import Restyle
    from toile.studio import StudioSettings

    given = vars(options)
    looked = given.get("view") or []
    azimuths = tuple(view for view in looked if not isinstance(view, str))
    style = Restyle(
        colours=tuple(given.get("colour") or ()),
        prints=tuple(given.get("prints") or ()),
        fabrics=tuple(given.get("fabric_look") or ()),
        light=given.get("light") or "studio",
        figure=given.get("figure") or "natural",
        skin=given.get("skin") or "",
        hair=given.get("hair") or "",
        closeups=tuple(view for view in looked if isinstance(view, str)),
        gif=given.get("gif", False),
        webm=given.get("webm", False),
        frames=given.get("frames", False),
        alpha=given.get("alpha", False),
    )
    return StudioSettings(
        motion=given.get("motion"),
        seconds=given.get("seconds"),
        fps=given.get("fps"),
        views=azimuths or None,
        size=given.get("size", 512),
        edge_length=given["edge_mm"] / 1000.0 if given.get("edge_mm") is not None else None,
        seed=given.get("seed", 0),
        motion_file=given.get("motion_file"),
        motion_start=given.get("motion_start", 0.0),
        body=given.get("body"),
        betas=given.get("betas"),
        fabric=given.get("fabric"),
        watch=given.get("watch", False),
        fields=given.get("fields", False),
        pattern_file=given.get("pattern"),
        seam_file=given.get("seams"),
        style=style,
    )


def _around(options: argparse.Namespace) -> tuple[Cache | None, Reporter]:
    from toile.cache import Cache, default_folder
    from toile.terminal import Bars

    return (None if getattr(options, "no_cache", False) else Cache(default_folder())), Bars()


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def _read_text(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); name a readable text file.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error


def _try_on(options: argparse.Namespace) -> None:
    from toile.studio import try_on

    asked = language.settle_question(_bounded(options.text), options.ask)
    cache, reporter = _around(options)
    look = try_on(options.text, options.out, _settings(options), cache=cache, reporter=reporter)
    _print_look(look.summary() | asked, options.json)


def _bounded(text: str) -> str:
    if len(text) > TEXT_LIMIT_CHARACTERS:
        raise BadInput(f"The text has {len(text)} characters; at most {TEXT_LIMIT_CHARACTERS} are read.")
    return text


def _print_look(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(summary)
        return
    for note in summary["notes"]:
        print(f"{note['kind']}: {note['message']}")
    width = max((len(name) for name in summary["files"]), default=0)
    print(f"The look is in {summary['look']}:")
    for name, what in summary["files"].items():
        print(f"  {name:{width}}  {what}")


def _parse(options: argparse.Namespace) -> None:
    if (options.text is None) == (options.lines is None):
        raise BadInput("Give either a text or --lines FILE; see `toile parse --help`.")
    read = language.reader(options)
    if options.lines is not None:
        texts = _read_text(options.lines).splitlines()
        return language.print_lines(texts, lambda text: read(_bounded(text)))
    request = read(_bounded(options.text))
    if options.json:
        return _print_json(request.to_dict())
    return language.print_request(request)


def _edit(options: argparse.Namespace) -> None:
    language.edit(options, lambda: _around(options), lambda summary: _print_look(summary, False))


def _avatar(options: argparse.Namespace) -> None:
    from toile.avatar_command import run_avatar

    run_avatar(options)


def _sizes_of_body(options: argparse.Namespace) -> None:
    from toile.avatar_command import run_sizes

    run_sizes(options)


def _draft(options: argparse.Namespace) -> None:
    from toile.pattern_files import draft_only
    from toile.pattern_table import pattern_lines

    cache, reporter = _around(options)
    summary = draft_only(
        _request_source(options.text),
        options.out,
        _settings(options),
        sizes=_sizes(options.sizes),
        papers=("A4", "A0") if options.a0 else ("A4",),
        cache=cache,
        reporter=reporter,
    )
    if options.json:
        _print_json(summary)
        return
    for line in pattern_lines(summary):
        print(line)
    print(f"The pattern is in {options.out}: {', '.join(f for f in summary['files'] if '/' not in f)}.")


def _sizes(text: str | None) -> tuple[str, ...]:
    """Split a run of sizes; a system named once holds for the numbers after it: EU 36,38 -> EU 36, EU 38."""
    if text is None:
        return ()
    labels: list[str] = []
    system = ""
    for part in (label.strip() for label in text.replace("，", ",").split(",")):
        head = part.rstrip("0123456789").strip()
        if head.upper() in ("EU", "US", "UK", "CN"):
            system = head.upper()
        labels.append(f"{system} {part}" if system and part.isdigit() else part)
    return tuple(labels)


def _request_source(text: str) -> str | Path:
    """A request file where the argument names one, else the text itself."""
    if text.lower().endswith(".json"):
        if not Path(text).is_file():
            raise DamagedFile(f"{text} is missing; name a request file, or write the request as a sentence.")
        return Path(text)
    return _bounded(text)


def _fabric(options: argparse.Namespace) -> None:
    from toile.fabrics import describe, drape_of, draping_as, own_fabric
    from toile.garments.fabric import fabrics

    if options.name is None and (options.drape or options.drape_to is not None):
        raise BadInput("Name the fabric to drape, or its file: toile fabric NAME|FILE --drape.")
    if options.name is not None:
        own = own_fabric(options.name)
        if options.drape_to is not None:
            own = draping_as(own, options.drape_to, lambda line: print(line, file=sys.stderr))
        shown = describe(own)
        if options.drape:
            shown["drape_test_percent"] = drape_of(own)
        if options.json:
            _print_json(shown)
            return
        for line in _lines(shown):
            print(line)
        return
    if options.json:
        _print_json({"fabrics": [describe(record) for record in fabrics().values()]})
        return
    for record in fabrics().values():
        kind = record.word or record.name
        print(
            f"{record.name:18} {record.label_zh:10} {kind:10} {1000 * record.area_density:4.0f} g/m2  "
            f"bending {1e6 * record.bend_warp:5.1f}/{1e6 * record.bend_weft:5.1f} uN m  {record.status}"
        )


def _simulate(options: argparse.Namespace) -> None:
    from toile.studio import simulate_look

    cache, reporter = _around(options)
    look = simulate_look(options.look, _settings(options), cache=cache, reporter=reporter)
    _print_look(look.summary(), options.json)


def _render(options: argparse.Namespace) -> None:
    from toile.studio import render_look

    _, reporter = _around(options)
    if options.backend != "warp":
        from toile.backend_pictures import render_stills_by

        written = render_stills_by(options.backend, options.look, _settings(options), reporter=reporter)
        _print_json([str(p) for p in written]) if options.json else print(*written, sep="\n")
        return
    look = render_look(options.look, _settings(options), reporter=reporter)
    _print_look(look.summary(), options.json)


def _certify(options: argparse.Namespace) -> None:
    from toile.studio import certify_look

    _, reporter = _around(options)
    certificate = certify_look(options.look, reporter=reporter)
    if options.json:
        _print_json(certificate)
        return
    for line in _lines(certificate):
        print(line)


def _lines(value: Any, path: str = "") -> Iterable[str]:
    """The leaves of a document, a line each; long lists by their length."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and len(value) > 6:
        yield f"{path}: {len(value)} values"
    else:
        yield f"{path}: {value}"


if __name__ == "__main__":
    sys.exit(main())
