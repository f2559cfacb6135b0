"""The user's side: audio in, turns found, words recognised.

::

    audio.py      the events of the buffer, and the items that come of it; what ties the rest to a session
    arriving.py   what an append may carry            hearing.py        recognition off the loop
    buffer.py     bytes since the last commit         cutting.py        of long audio in pieces
    turns.py      speech starts, pauses, stops        transcription.py  its events, by models.py and
    listening.py  what the detector makes of audio                      transcription.json
    judging.py    whether a pause ends the turn       live.py           words while one speaks:
    idle.py       silence after an answer             agreement.py      those that are certain

Audio stays in the session's input format (PCM, mu-law or A-law) until somebody listens to it; positions are
milliseconds of the session's audio, whatever its format. Little audio is listened to on the spot, much of it
in slices by a thread. ``server_vad`` and ``semantic_vad`` come to the same events; for the latter a pause is
judged, while more audio may come, from the words recognised so far and the sound.
"""
