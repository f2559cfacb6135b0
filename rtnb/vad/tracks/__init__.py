"""From recordings to probability tracks.

::

    sources.py   what a recording is      hearing.py   its samples as an engine gets them
    cache.py     tracks kept on disk      making.py    one track
    many.py      many at a time           progress.py  a bar for what takes long
"""
