"""The documentation site: Sphinx with MyST, no notebook executed, nothing fetched from anywhere."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import colours
import sources

project = "rtnb"
author = "The rtnb authors"
project_copyright = "The rtnb authors, BSD-3-Clause"
release = version = version_of("rtnb")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "contents",
    "crossrefs",
]
exclude_patterns = ["_ext", "_static", "**/.ipynb_checkpoints"]

# Notebooks come executed. What they show is HTML for people and PNG for code hosts.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_merge_streams = True
myst_heading_anchors = 4
# Neither of these: a dollar sign is an amount of money here, and formulas would load MathJax from elsewhere.
myst_enable_extensions: list[str] = []
suppress_warnings = ["myst.header"]

autodoc_default_options = {
    "members": True,
    "inherited-members": ",".join(sources.BASES),
    "member-order": "bysource",
}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
nitpicky = True
# Quotation marks and hyphens as they are written: "--port" is an option.
smartquotes = False

html_theme = "furo"
html_title = "rtnb"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_baseurl = sources.SITE
html_theme_options = {
    "light_css_variables": colours.variables("light"),
    "dark_css_variables": colours.variables("dark"),
    "source_repository": f"{sources.REPOSITORY}/",
    "source_branch": sources.BRANCH,
    "source_directory": "docs/",
    "top_of_page_buttons": ["view"],
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

linkcode_resolve = sources.code_address
