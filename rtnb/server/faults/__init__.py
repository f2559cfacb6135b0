"""Failures on purpose: connections that drop, events that come late, errors, refusals, garbage."""

from __future__ import annotations

from rtnb.server.faults.injector import Fired, Injector
from rtnb.server.faults.plan import Fault, Faults, planned

__all__ = ["Fault", "Faults", "Fired", "Injector", "planned"]
