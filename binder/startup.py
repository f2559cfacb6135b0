"""IPython runs this when a kernel starts on Binder: its models load while somebody reads the first lines."""


def _begin() -> None:
    import importlib
    import json
    import os
    import re
    import threading
    import time
    from pathlib import Path

    opens = re.compile(
        r"\brtnb\.(connect|transcription|LocalServer)\(|\bRtnbServer\b|^%%ask|^%rtnb (connect|ask)", re.MULTILINE
    )

    def holds_talks() -> bool:
        """Whether the notebook opens a session, or is new: one that only reads recordings needs no model."""
        notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
        try:
            cells = json.loads(notebook.read_text("utf-8"))["cells"]
            programs = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        except (OSError, ValueError, LookupError, TypeError):
            return True  # A console, or a notebook that is not written yet.
        return not "".join(programs).strip() or any(opens.search(program) for program in programs)

    def load() -> None:
        # The kernel's own start comes first; where that takes longer than this, both share the processor, and nothing
        # else is lost. Not at a lower priority, which the models' threads would inherit.
        time.sleep(0.5)
        if holds_talks():
            import rtnb

            rtnb.warm()
            # What the first card and the first view draw with.
            for name in ("matplotlib.backends.backend_agg", "rtnb.plots.cards", "rtnb.widgets.console.console"):
                importlib.import_module(name)

    threading.Thread(target=load, name="rtnb-warm", daemon=True).start()


_begin()
del _begin
