"""The colours of the site: those of rtnb's pictures."""

from __future__ import annotations

from typing import Literal

from rtnb.plots import palette

__all__ = ["variables"]


def variables(theme: Literal["light", "dark"]) -> dict[str, str]:
    """Of the theme's style sheet, and those of JupyterLab that rtnb's cards follow."""

    def of(ink: palette.Ink) -> str:
        return str(getattr(ink, theme))

    ground, raised = of(palette.BACKGROUND), {"light": "#f6f8fa", "dark": "#191b1e"}[theme]
    return {
        "color-background-primary": ground,
        "color-background-secondary": raised,
        "color-background-hover": {"light": "#e9eef3", "dark": "#24282d"}[theme],
        "color-background-border": of(palette.LINE),
        "color-foreground-primary": of(palette.TEXT),
        "color-foreground-secondary": of(palette.MUTED),
        "color-foreground-muted": of(palette.MUTED),
        "color-foreground-border": of(palette.STORED),
        "color-brand-primary": of(palette.USER),
        "color-brand-content": of(palette.USER),
        "color-brand-visited": of(palette.TOOL),
        "color-api-name": of(palette.ASSISTANT),
        "color-api-pre-name": of(palette.MUTED),
        "color-api-keyword": of(palette.MUTED),
        "color-problematic": of(palette.TOOL),
        "color-highlighted-background": {"light": "#fdf3da", "dark": "#4a3d1a"}[theme],
        "color-code-background": raised,
        "jp-layout-color0": ground,
        "jp-layout-color1": ground,
        "jp-layout-color2": raised,
        "jp-border-color2": of(palette.LINE),
        "jp-content-font-color1": of(palette.TEXT),
        "jp-content-font-color2": of(palette.MUTED),
        "rtnb-user": of(palette.USER),
        "rtnb-assistant": of(palette.ASSISTANT),
        "rtnb-vad": of(palette.VAD),
    }
