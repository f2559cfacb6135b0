"""``rtnb.doctor()`` and ``rtnb doctor``: is this environment fit for rtnb, and what is to be done where it is not.

The room is not called ``doctor``: a package of that name would take the place of the function ``rtnb.doctor`` as soon
as any of its modules is imported.

::

    report.py     findings, and the report of all     checking.py  checks: probed in threads, each with a time limit
    plan.py       which checks there are              doctor.py    the function, and what a notebook shows meanwhile
    card.py       the report as HTML                  text.py      and for terminals
    versions.py   Python, rtnb, packages              kernels.py   the kernel, kernelspecs
    frontend.py   widgets in kernel and server        page.py      a live answer of the page itself
    audio.py      files and resampling                models.py    weights, and whether they load
    speaking.py   a sentence spoken and recognised    serving.py   turns with the embedded server, proxies
    keys.py       the API key, keys in files          network.py   the way to the API
    machine.py    room, memory, cores, clock

Each check is two functions: one looks and returns plain facts, the other is pure and says what the facts mean.
"""
