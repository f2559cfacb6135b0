"""What a user can set and say, and the wire forms it becomes. Pure.

::

    keywords.py        settings by keyword -> session.update         members.py   each keyword's place and its values
    overrides.py       keywords of one response -> response.create   typed.py, mcp_tool.py   objects inside of settings
    mixtures.py, mixture_values.py   beta, GA and what tutorials mix of them -> GA, with every change told
    effective.py       what a session runs on (``session.config``)   diff.py      requested against effective
    content.py, parts.py, image.py   what a turn may be              models.py    the models, and when they end
    checking.py        one wrong value, one message without secrets
"""
