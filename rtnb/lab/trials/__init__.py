"""A trial: settings of turn detection on a live server, and what they do there beside what was predicted.

::

    running.py       rtnb.lab.trial: all sessions, some at a time
    plans.py         settings -> what sessions are told          cost.py      what it will cost
    sessions.py      one session                                 heard.py     its events, and the turns they make
    predictions.py   what the local detector expects             pairs.py     heard beside predicted
    results.py       Trial, TrialRun
"""
