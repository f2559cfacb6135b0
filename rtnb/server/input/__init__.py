"""The user's side: audio in, turns found, words recognised.

::

    arriving.py   what an append may carry            hearing.py        recognition off the loop
    buffer.py     bytes since the last commit         transcription.py  its events: live.py and agreement.py
    listening.py  turn detection on them                                while one speaks, models.py by model
    judging.py    whether a pause ends the turn       audio.py          what ties them to a session
    idle.py       silence after an answer

Audio stays in the session's input format (PCM, mu-law or A-law) until somebody listens to it; positions are
milliseconds of the session's audio, whatever its format. Little audio is listened to on the spot, much of it
in slices by a thread. ``server_vad`` and ``semantic_vad`` come to the same events; for the latter a pause is
judged, while more audio may come, from the words recognised so far and the sound.
"""
