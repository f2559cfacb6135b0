"""A session over time: what happened in which lane, how long each step took, and what it cost."""

from rtnb.session.timeline.timeline import Timeline

__all__ = ["Timeline"]
