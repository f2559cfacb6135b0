"""IPython runs this when a kernel starts on Binder: its models load while somebody reads the first lines."""


def _begin() -> None:
    import importlib
    import os
    import threading
    import time
    from pathlib import Path

    def holds_talks() -> bool:
        """Whether the notebook opens a session: one of the course that only reads recordings needs no model."""
        notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
        try:
            text = notebook.read_text("utf-8")
        except OSError:
            return True
        return "connect(" in text or "rtnb" not in text

    def load() -> None:
        # The kernel's own start comes first. Not at a lower priority, which the models' threads would inherit.
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
