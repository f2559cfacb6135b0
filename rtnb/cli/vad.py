"""``rtnb vad``: what turn detection makes of recordings, and which setting suits them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb.cli.arguments import word
from rtnb.cli.listing import add_formats
from rtnb.cli.vad_arguments import constraint, decimals, objective, seconds, source, wholes

if TYPE_CHECKING:
    from rtnb.cli.listing import Commands
    from rtnb.cli.vad_reading import Read
    from rtnb.vad.tuning import DetectorTuning

__all__ = ["add_to"]

USAGE = 2
"""The status of options that do not fit together, as argparse has it."""


def add_to(commands: Commands) -> None:
    """Add the command."""
    vad = commands.add_parser(
        "vad",
        help="what turn detection makes of recordings, and which setting suits them",
        description="Turns that server_vad would find in recordings, computed here: no server, no network. With labels "
        "of who speaks when, the mistakes that it would make, and with --sweep the settings that would make fewer.",
        epilog="Examples: `rtnb vad call.wav`; `rtnb vad call.wav --labels call.rttm --turn-gap 0.7`; `rtnb vad "
        "recordings/ --sweep --turn-gap 0.7 --best latency_p50_ms --at-most cut_off_rate=0.1 --at-most merged=0 "
        "--at-most missed_rate=0.4 --at-most false_start_rate=0.2 --at-most late_rate=0.2`. The status is 0, 1 when a "
        "recording cannot be used, no setting is best or something fails, and 2 when options do not fit together.",
    )
    vad.add_argument("files", nargs="+", type=source, metavar="FILE", help="audio files, or folders of them")
    vad.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="who speaks when: RTTM, an Audacity label track, .scv, TextGrid or CSV; a folder of them for several "
        "recordings (default: a file of the same stem beside the audio)",
    )
    vad.add_argument(
        "--turn-gap",
        type=seconds,
        metavar="S",
        help="labelled speech with pauses shorter than this is one turn; no default, as it decides every score (0.7 "
        "is usual)",
    )
    setting = vad.add_argument_group("setting", "one value each; with --sweep also several (0.3,0.5 or 0.2:0.8:0.1)")
    setting.add_argument("--threshold", type=decimals, metavar="P", help="speech probability from 0 to 1")
    setting.add_argument("--silence", type=wholes, metavar="MS", help="silence that ends a turn (silence_duration_ms)")
    setting.add_argument("--prefix", type=wholes, metavar="MS", help="audio before the onset (prefix_padding_ms)")
    setting.add_argument(
        "--hysteresis", type=decimals, metavar="P", help="how far below the threshold speech ends; not in the API"
    )
    setting.add_argument("--engine", type=word, metavar="NAME", help="what computes probabilities (default: silero)")
    setting.add_argument(
        "--detector", type=word, metavar="FILE", help="a calibrated detector: a file, or text such as lag_ms=60"
    )
    search = vad.add_argument_group("search")
    search.add_argument("--sweep", action="store_true", help="try many settings; needs labels")
    search.add_argument(
        "--best",
        type=objective,
        metavar="OBJECTIVE",
        help="what is to be least: errors (default), latency_p50_ms, cut_off_rate ...",
    )
    search.add_argument(
        "--at-most",
        type=constraint,
        action="append",
        default=[],
        metavar="NAME=MOST",
        help="a limit that the best setting keeps, such as merged=0; several may be given",
    )
    shown = vad.add_mutually_exclusive_group()
    shown.add_argument(
        "--picture", type=Path, metavar="PNG", help="where the picture goes (default: the current folder, a new name)"
    )
    shown.add_argument("--no-picture", action="store_true", help="write none")
    add_formats(vad)
    vad.add_argument("--turns", action="store_true", help="with --csv: a row a turn, with labels as well")
    vad.set_defaults(run=_vad)


def _vad(options: argparse.Namespace) -> int:
    if told := _misfit(options):
        print(f"rtnb vad: {told}", file=sys.stderr)
        return USAGE
    from rtnb.cli.vad_reading import read
    from rtnb.vad.tuning import default_tuning
    from rtnb.vad.tuning_spec import load_tuning

    tuning = default_tuning() if options.detector is None else load_tuning(options.detector)
    picture = _picture_place(options)
    found = read(options.files, options.labels, options.engine)
    if options.sweep and not found.labelled:
        print("rtnb: --sweep needs labels of who speaks when, and none were found: --labels FILE.", file=sys.stderr)
        return 1
    if options.turn_gap is not None and not found.labelled:
        print("rtnb: --turn-gap is for labels, and none were found: --labels FILE.", file=sys.stderr)
        return 1
    bare = [
        f"{item.name} has no labels of the same stem beside it, and is left out."
        for item in found.items
        if options.sweep and item.labels is None
    ]
    for told in (*found.problems, *found.notes, *bare):
        print(f"rtnb: {told}", file=sys.stderr)
    done = _sweep(options, found, tuning, picture) if options.sweep else _turns(options, found, tuning, picture)
    return 0 if done and not found.problems else 1


def _misfit(options: argparse.Namespace) -> str:
    """What does not fit together, in words."""
    if not options.sweep:
        for name in ("threshold", "silence", "prefix", "hysteresis"):
            if len(getattr(options, name) or ()) > 1:
                return f"--{name} takes one value; several are for --sweep"
        if options.best is not None:
            return "--best is for --sweep"
        if options.at_most:
            return "--at-most is for --sweep"
    needs = "--sweep" if options.sweep else "--labels" if options.labels is not None else ""
    if needs and options.turn_gap is None:
        return (
            f"{needs} needs --turn-gap: labelled speech with pauses shorter than it is one turn, which decides every "
            "score; --turn-gap 0.7 is usual"
        )
    if options.picture is not None and options.picture.suffix.lower() != ".png":
        return f"--picture takes a name that ends in .png, not '{options.picture}'"
    if options.picture is not None and not options.picture.parent.is_dir():
        return f"--picture: there is no folder '{options.picture.parent}'; make it first, or name another"
    if options.picture is not None and options.picture.is_dir():
        return f"--picture: '{options.picture}' is a folder"
    if options.turns and (options.sweep or options.format != "csv"):
        return "--turns is for --csv, without --sweep; --json has the turns anyhow"
    return ""


def _turns(options: argparse.Namespace, found: Read, tuning: DetectorTuning, picture: Path | None) -> bool:
    from rtnb.cli import vad_tables
    from rtnb.cli.vad_results import of_setting
    from rtnb.vad.setting import Setting

    given = {
        "threshold": options.threshold,
        "silence_duration_ms": options.silence,
        "prefix_padding_ms": options.prefix,
        "hysteresis": options.hysteresis,
    }
    setting = Setting.of({name: values[0] for name, values in given.items() if values})
    result = of_setting(found, setting, tuning, options.turn_gap)
    records = vad_tables.turn_records if options.turns else vad_tables.turns_records
    _print(options, result, vad_tables.turns_text, records, vad_tables.turns_data)
    if result.unscored and options.format == "table":
        print("Labels were found beside the audio: --turn-gap 0.7 scores the turns against them.", file=sys.stderr)
    if picture is None:
        return True
    if len(found.items) > 1:
        if options.picture is not None:
            print("rtnb: a picture shows one recording, or a sweep of several: none was written.", file=sys.stderr)
        return True
    from rtnb.plots.vad.lab_chart import lab_picture

    _write(
        options,
        picture,
        lambda: lab_picture(
            found.items[0].clip(),
            found.tracks[0],
            result.recordings[0].turns,
            labels=found.items[0].labels,
            setting=setting,
            mistakes=result.recordings[0].mistakes,
            tuning=tuning,
            prediction=result.prediction,
        ),
    )
    return True


def _sweep(options: argparse.Namespace, found: Read, tuning: DetectorTuning, picture: Path | None) -> bool:
    """Whether a setting is best."""
    from rtnb.cli import vad_tables
    from rtnb.cli.vad_results import of_sweep

    result = of_sweep(
        found,
        tuning,
        turn_gap_s=options.turn_gap,
        grid={
            "threshold": options.threshold,
            "silence_duration_ms": options.silence,
            "prefix_padding_ms": options.prefix,
            "hysteresis": options.hysteresis,
        },
        objective=options.best or "errors",
        constraints=dict(options.at_most),
    )
    _print(options, result, vad_tables.sweep_text, vad_tables.sweep_records, vad_tables.sweep_data)
    if picture is not None:
        from rtnb.plots.vad.sweep_chart import sweep_picture

        best = None if result.best is None else result.best.score
        _write(options, picture, lambda: sweep_picture(result.sweep, best=best))
    if result.best is None and options.format != "table":
        print(f"rtnb: No best: {result.why}", file=sys.stderr)
    return result.best is not None


def _print(options: argparse.Namespace, result: Any, text: Any, records: Any, data: Any) -> None:
    from rtnb.cli.listing import as_csv, as_json, terminal_width

    if options.format == "csv":
        print(as_csv(*records(result)))
    elif options.format == "json":
        print(as_json(data(result)))
    else:
        print(text(result, terminal_width()))


def _picture_place(options: argparse.Namespace) -> Path | None:
    """Where the picture goes; a name of its own is a new one."""
    if options.no_picture or (options.format != "table" and options.picture is None):
        return None
    if options.picture is not None:
        return Path(options.picture)
    stem = options.files[0].resolve().name if options.files[0].is_dir() else options.files[0].stem
    stem = f"{stem}-sweep" if options.sweep else stem
    number, place = 1, Path(f"{stem}-vad.png")
    while place.exists():
        number += 1
        place = Path(f"{stem}-vad-{number}.png")
    return place


def _write(options: argparse.Namespace, place: Path, drawn: Any) -> None:
    from rtnb.plots.render import png

    replaced = place.exists()
    data = png(drawn().figure)
    place.write_bytes(data)
    where = sys.stdout if options.format == "table" else sys.stderr
    print(f"Picture: {place}{' (replaced the one that was there)' if replaced else ''}", file=where)
