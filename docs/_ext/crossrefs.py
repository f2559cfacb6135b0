"""Names in docstrings and prose lead to where they are documented; a name that does not exist is a warning.

- A public name may be written through the module that defines it.
- What exists and is not public leads to its source on the code host.
- Types in signatures and tables, which may be words, need not lead anywhere.
- Code in prose such as ``rtnb.vad.sweep(...)`` or ``s.ask`` becomes a link where it is a public name.
"""

from __future__ import annotations

import builtins
import importlib
import os
import re
from pathlib import Path
from typing import Any

import public
import sources
from docutils import nodes
from sphinx import addnodes
from sphinx.domains.python import PyObject
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

__all__ = ["setup"]

_CALL = re.compile(r"(?P<name>(?:rtnb|s)(?:\.[A-Za-z_]\w*)+)(?:\(.*\))?", flags=re.DOTALL)
_STANDARD = re.compile(r"(?:asyncio|collections|concurrent|pathlib|numpy|pandas|matplotlib|ipywidgets|typing)\.")


class Names(SphinxPostTransform):
    """Before Sphinx looks for a name, it gets the one by which it is documented."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("refdomain") == "py":
                self._resolve(node)

    def _resolve(self, node: addnodes.pending_xref) -> None:
        content = node.next_node(nodes.literal)
        explicit = content is not None and node.get("refwarn", True)
        target = node["reftarget"].strip().removesuffix("()").lstrip(".")
        for candidate in _candidates(node, target, everywhere=explicit):
            if (name := public.public_name(candidate)) is None:
                continue
            if name in self.env.domains["py"].objects:
                node["reftarget"] = name
                node["refspecific"] = False
                node["py:module"] = node["py:class"] = None
                return
            if explicit and (address := _source(name)):
                node.replace_self(nodes.reference("", "", *_words(node), refuri=address, internal=False))
                return
        if not explicit or _STANDARD.match(target) or hasattr(builtins, target):
            node.replace_self(_words(node))


def _words(node: addnodes.pending_xref) -> list[nodes.Node]:
    """What is shown of a reference; of a type that has a long and a short name, the short one."""
    short = [each for each in node.findall(addnodes.pending_xref_condition) if each.get("condition") == "resolved"]
    return list(short[0].children if short else node.children)


def _candidates(node: addnodes.pending_xref, target: str, *, everywhere: bool) -> list[str]:
    """What a name may mean where it stands, nearest first."""
    module, owner = node.get("py:module") or "", node.get("py:class") or ""
    found = [f"{module}.{owner}.{target}"] if owner else []
    if module and owner and (home := _home(module, owner)):
        found.append(f"{home}.{target}")
    found += [f"{module}.{target}"] if module else []
    found += [f"{each}.{target}" for each in (public.MODULES if everywhere else ("rtnb", "rtnb.errors"))]
    return [*found, target]


def _home(module: str, owner: str) -> str | None:
    found: object = importlib.import_module(module)
    for part in owner.split("."):
        found = getattr(found, part, None)
    return getattr(found, "__module__", None)


def _source(dotted: str) -> str | None:
    """Where a module, or something in one, stands on the code host."""
    parts = dotted.split(".")
    if parts[0] != "rtnb":
        return None
    for count in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        if count == len(parts):
            return sources.repository_address(Path(str(module.__file__)).resolve())
        address = sources.code_address("py", {"module": module.__name__, "fullname": ".".join(parts[count:])})
        return address or sources.repository_address(Path(str(module.__file__)).resolve())
    return None


class CodeLinks(SphinxTransform):
    """Inline code that is a public name becomes a reference."""

    default_priority = 700

    def apply(self, **_: Any) -> None:
        if not os.fspath(self.env.doc2path(self.env.docname)).endswith((".md", ".ipynb")):
            return
        for node in list(self.document.findall(nodes.literal)):
            called = _CALL.fullmatch(node.astext().strip())
            if called is None or _inside(node, nodes.reference, nodes.title, addnodes.pending_xref):
                continue
            name = called["name"]
            name = f"rtnb.Session{name[1:]}" if name.startswith("s.") else name
            found = public.public_name(name)
            if found is None or public.owner_of(found) is None:
                continue
            link = addnodes.pending_xref(
                "", refdomain="py", reftype="obj", reftarget=found, refexplicit=True, refwarn=False,
                refdoc=self.env.docname,
            )  # fmt: skip
            node.replace_self(link)
            link += node


def _inside(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    while (parent := node.parent) is not None:
        if isinstance(parent, kinds):
            return True
        node = parent
    return False


def setup(app: Any) -> dict[str, Any]:
    app.add_post_transform(Names)
    app.add_transform(CodeLinks)
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
