"""The user's side: audio in, turns found, words recognised.

::

    buffer.py     bytes since the last commit     listening.py      turn detection on them
    hearing.py    recognition off the loop        transcription.py  its events
    audio.py      what ties them to a session
"""
