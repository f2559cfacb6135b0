"""The assistant's side: one response from its settings to ``response.done``.

::

    response.py   one run of the brain            settings.py   what it runs with
    messages.py   items as the brain reads them   output.py     its items as they stream
    sentences.py  text cut for speech             speaking.py   speech ahead of its delivery
    delivery.py   how fast audio leaves           budget.py     what max_output_tokens leaves
    metering.py   what it counts as               rates.py      what a minute's allowance leaves
    words.py      text in words                   pacing.py     when audio leaves
"""
