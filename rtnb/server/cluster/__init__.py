"""Many processes behind one port.

A supervisor listens and hands each connection to the worker with the fewest sessions; a worker is the same command
in a process of its own, with an event loop, models and threads of its own. Workers share nothing but the keys of
client secrets: any of them honours what another has minted. ::

    supervisor.py  starts, replaces and ends workers              worker.py   a server fed with connections
    process.py     one worker as the supervisor sees it           channel.py  what the two say to each other
    door.py        accepts connections and hands them on          folder.py   where the metrics of all meet
    sharing.py     who gets the next connection; parts of limits
"""

from rtnb.server.cluster.channel import in_worker
from rtnb.server.cluster.supervisor import Supervisor
from rtnb.server.cluster.worker import run_worker

__all__ = ["Supervisor", "in_worker", "run_worker"]
