"""The assistant's side: one response from its settings to ``response.done``.

::

    response.py   one run of the brain            output.py     its items as they stream
    sentences.py  text cut for speech             delivery.py   how fast audio leaves
    metering.py   what it counts as
"""
