"""What must hold in every kernel, whatever its ipykernel: run for the one of this environment and for older ones."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from support.kernel import Cell, Kernel

__all__ = ["CASES", "NESTED", "open_session"]

Case = Callable[[Kernel], None]

SILENT = """
from rtnb.testing import ScriptedServer, greeting
from support.puppet import Puppet, approval_request, function_call, mcp_call, message
def silent(event):
    if event["type"] == "session.update":
        return [{"type": "session.updated", "session": {"id": "sess", **event["session"]}}]
    if event["type"] == "conversation.item.create":
        return [{"type": "conversation.item.added", "item": event["item"], "previous_item_id": None}]
    if event["type"] == "response.create":
        base = {"id": f"resp_{len(mute.received)}", "conversation_id": "conv", "usage": None, "output": [],
                "metadata": (event.get("response") or {}).get("metadata")}
        silent.last = base
        return [{"type": "response.created", "response": {**base, "status": "in_progress"}}]
    if event["type"] == "response.cancel":
        return [{"type": "response.done", "response": {**silent.last, "status": "cancelled"}}]
    return []
mute = ScriptedServer(silent, first=[greeting(model="m")]).__enter__()
def sent(kind):
    return [event for event in mute.received if event["type"] == kind]
"""
"""A server in the kernel that begins every response and ends none, unless it is cancelled."""


def open_session(kernel: Kernel) -> None:
    """What the cases find: a session `s` that talks, and the silent server."""
    started = kernel.run("s = rtnb.connect(modalities=['text'], journal=False)\ns.ask('Spell cat.', show=False);")
    assert started.status == "ok", started
    assert kernel.run(SILENT).status == "ok"


def goes_on(kernel: Kernel, name: str = "s") -> None:
    """The session still talks, and nothing was printed or raised outside of the cells."""
    assert kernel.run(f"print({name}.ask('Spell cat.', show=False).text)").printed == "C, A, T.\n"
    assert not kernel.strays


def interrupted(kernel: Kernel, code: str, *, ready: str = "", shown: str = "") -> Cell:
    """Run a cell and interrupt it: once it prints `ready`, or its card shows `shown`."""
    cell = kernel.start(code)

    def when(cell: Cell) -> bool:
        texts = [data.get("text/plain", "") for data in (*cell.outputs, *cell.updates)]
        return (bool(ready) and ready in cell.printed) or (bool(shown) and any(shown in text for text in texts))

    def then() -> None:
        time.sleep(0.2)
        kernel.interrupt()

    done = kernel.finish(cell, when=when, then=then, timeout_s=30)
    assert (done.status, done.error) == ("error", "KeyboardInterrupt"), done
    return done


def run_all(kernel: Kernel) -> None:
    asks = [f"answer_{i} = s.ask('What is {i} plus {i}?')" for i in range(1, 5)]
    cells = kernel.run_all([*asks, "print([answer_1.text, answer_4.text])"])
    assert [cell.status for cell in cells] == ["ok"] * 5
    for i, cell in enumerate(cells[:-1], 1):
        assert len(cell.outputs) == 1 and not cell.printed and not cell.result
        assert f"{i} plus {i} is {2 * i}." in kernel.latest[cell.displays[0]]["text/plain"]
    assert cells[-1].printed == "['1 plus 1 is 2.', '4 plus 4 is 8.']\n"


def each_card_is_below_the_cell_that_asked(kernel: Kernel) -> None:
    cells = kernel.run_all([f"sent_{i} = s.send('What is {i} plus {i}?')" for i in range(1, 4)])
    assert [len(cell.outputs) for cell in cells] == [1, 1, 1]
    assert "completed" in kernel.run("print(sent_3.wait(30).status, sent_1.status)").printed
    ids = [cell.displays[0] for cell in cells]
    assert len(set(ids)) == 3
    for i, shown in enumerate(ids, 1):
        kernel.until(lambda text=f"{i} plus {i} is", shown=shown: text in kernel.latest[shown]["text/plain"])
    assert not [cell for cell in cells if cell.printed or len(cell.outputs) != 1]
    assert not kernel.strays


def notices_are_in_the_cell(kernel: Kernel) -> None:
    cell = kernel.run("again = rtnb.connect(modalities=['text'], journal=False); again.close()")
    assert "close_all" in cell.words and not cell.printed


def interrupt_while_it_answers(kernel: Kernel) -> None:
    kernel.run("q = rtnb.connect(mute.url, modalities=['text'], journal=False)")
    interrupted(kernel, "print('now', flush=True); q.ask('Hello?')", ready="now")
    cell = kernel.run("time.sleep(0.1); print(len(sent('response.cancel')), q.turns[-1].status, q.status)")
    assert cell.printed == "1 cancelled open\n"
    interrupted(kernel, "print('now', flush=True); q.ask('Again?')", ready="now")
    assert kernel.run("q.close(); print(len(sent('response.cancel')))").printed == "2\n"
    goes_on(kernel)


def interrupt_in_a_stream(kernel: Kernel) -> None:
    code = "print('now', flush=True); s.stream(rtnb.sample('dialogue_sample'))"
    interrupted(kernel, code, ready="now")
    goes_on(kernel)


def interrupt_in_an_aside(kernel: Kernel) -> None:
    kernel.run("q = rtnb.connect(mute.url, modalities=['text'], journal=False)")
    interrupted(kernel, "print('now', flush=True); q.aside('What is it about?')", ready="now")
    cell = kernel.run(
        "time.sleep(0.2); print(q.status, sent('response.cancel')[-1]['response_id'] == silent.last['id'])\nq.close()"
    )
    assert cell.printed == "open True\n", cell
    goes_on(kernel)


def interrupt_while_the_voices_load(kernel: Kernel) -> None:
    kernel.run(
        "late = rtnb.connect(modalities=['text'], journal=False)\n"
        "real, late._async.place.warm = late._async.place.warm, lambda progress: time.sleep(60)\n"
        "late._warmed = False"
    )
    interrupted(kernel, "print('now', flush=True); late.ask('Spell cat.')", ready="now")
    kernel.run("late._async.place.warm = real")
    goes_on(kernel, "late")
    assert kernel.run("late.close()").status == "ok"


def interrupt_while_a_tool_runs(kernel: Kernel) -> None:
    kernel.run(
        "def slow(city: str) -> str:\n"
        "    'Look up the weather.'\n"
        "    print('tool', file=sys.__stderr__)\n"
        "    begun.set()\n"
        "    time.sleep(1.5)\n"
        "    return 'sunny'\n"
        "begun = threading.Event()\n"
        "puppet = Puppet([function_call('slow', '{\"city\": \"Paris\"}', 'call_1')], [message('Sunny.')],\n"
        "                [message('Fine.')]).server().__enter__()\n"
        "q = rtnb.connect(puppet.url, modalities=['text'], journal=False, tools=[slow])\n"
        "threading.Thread(target=lambda: (begun.wait(20), os.kill(os.getpid(), 2))).start()"
    )
    cell = kernel.run("q.ask('How is the weather?')", timeout_s=30)
    assert cell.error == "KeyboardInterrupt", cell
    after = kernel.run("time.sleep(2); t = q.ask('And now?', show=False, timeout=20); print(t.status, q.status)")
    assert after.printed == "completed open\n", after
    assert kernel.run("q.close(); puppet.__exit__()").status == "ok"
    goes_on(kernel)


def what_a_tool_prints_is_in_the_running_cell(kernel: Kernel) -> None:
    kernel.run(
        "def loud(city: str) -> str:\n"
        "    'Look up the weather.'\n"
        "    here = threading.get_ident()\n"
        "    for stream in (sys.stdout, sys.stderr):\n"
        "        # As it happens by itself when identifiers of threads are used again (ipython/ipykernel#1269).\n"
        "        getattr(stream, '_thread_to_parent', {})[here] = here\n"
        "    print('looking', city)\n"
        "    return 'sunny'\n"
        "puppet = Puppet([function_call('loud', '{\"city\": \"Paris\"}', 'call_1')], [message('Sunny.')])"
        ".server().__enter__()\n"
        "q = rtnb.connect(puppet.url, modalities=['text'], journal=False, tools=[loud])"
    )
    cell = kernel.run("print(q.ask('How is the weather?', show=False, timeout=20).text)", timeout_s=30)
    assert cell.printed == "looking Paris\nSunny.\n", cell
    assert kernel.run("q.close(); puppet.__exit__()").status == "ok"


def cells_that_await_stand_beside_those_that_block(kernel: Kernel) -> None:
    cells = kernel.run_all(
        [
            "a = await rtnb.AsyncSession(modalities=['text'], journal=False).open()",
            "one = s.ask('What is 1 plus 1?', show=False)",
            "two = await a.ask('What is 2 plus 2?')",
            "three, four = await asyncio.gather(a.ask('What is 3 plus 3?'), "
            "asyncio.to_thread(s.ask, 'What is 4 plus 4?', show=False))",
            "await a.close(); print(one.text, two.text, three.text, four.text)",
        ]
    )
    assert [cell.error for cell in cells] == [""] * 5, cells
    assert cells[-1].printed == "1 plus 1 is 2. 2 plus 2 is 4. 3 plus 3 is 6. 4 plus 4 is 8.\n"


def threads_may_ask(kernel: Kernel) -> None:
    cell = kernel.run(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(3) as pool:\n"
        "    print(sorted(pool.map(lambda n: s.ask(f'What is {n} plus {n}?', show=False).text, (1, 2, 3))))"
    )
    assert cell.printed == "['1 plus 1 is 2.', '2 plus 2 is 4.', '3 plus 3 is 6.']\n", cell


def the_loop_thread_may_not(kernel: Kernel) -> None:
    cell = kernel.run(
        "from rtnb.session.wire.loop import shared_loop\n"
        "shared_loop().call(lambda: s.ask('What is 1 plus 1?', show=False))"
    )
    assert cell.error == "LoopThreadError" and "AsyncSession" in cell.said
    goes_on(kernel)


def subshells_work_while_a_cell_waits(kernel: Kernel) -> None:
    if kernel.version < (7,):
        return
    shell = kernel.subshell()
    kernel.run("q = rtnb.connect(mute.url, modalities=['text'], journal=False)")
    waiting = kernel.start("w = q.ask('Hello?')")
    kernel.until(lambda: bool(waiting.outputs))
    beside = kernel.start("b = s.ask('Spell dog.', show=True); print(b.text)", subshell=shell)
    kernel.finish(beside)
    assert beside.printed == "D, O, G.\n" and len(beside.outputs) == 1, beside
    assert not waiting.status
    # As the callback of a button would.
    kernel.start("q.interrupt()", subshell=shell)
    kernel.finish(waiting)
    assert waiting.status == "ok" and "cancelled" in kernel.run("print(w.status); q.close()").printed
    goes_on(kernel)


def a_press_arrives_exactly_where_rtnb_says_so(kernel: Kernel) -> None:
    """A comm message, sent to a subshell where there is one, as JupyterLab sends the press of a button."""
    has_subshells = kernel.version >= (7,)
    kernel.run(
        "import comm\nfrom rtnb.session.live import pressed_anywhere, presses_arrive\npressed = threading.Event()\n"
        "button = comm.create_comm(target_name='rtnb.test', comm_id='button')\n"
        "pressed_anywhere(button)\n"
        "button.on_msg(lambda message: pressed.set())"
    )
    before = kernel.run("print(presses_arrive(get_ipython().kernel))").printed
    known = kernel.subshell() if has_subshells else None
    if not has_subshells:
        assert before == "False\n"
    waiting = kernel.start(
        "print(presses_arrive(get_ipython().kernel))\nbutton.send({'label': 'Approve'})\n"
        "print('now', flush=True); print(pressed.wait(2.5))"
    )
    kernel.finish(waiting, when=lambda cell: "now" in cell.printed,
                  then=lambda: kernel.comm("button", {"method": "custom"}, subshell=known))  # fmt: skip
    said, _, pressed = waiting.printed.split()
    assert said == pressed, (kernel.version, waiting.printed)
    assert pressed == str(has_subshells), "the facts have changed"
    assert kernel.run("print(pressed.wait(5)); button.close()").printed == "True\n"


def has_widgets(kernel: Kernel) -> bool:
    return kernel.run("import importlib.util as u; print(u.find_spec('ipywidgets') is not None)").printed == "True\n"


APPROVAL = (
    "puppet = Puppet([approval_request('mcpr_1')], [mcp_call('mcpr_1', 'ok'), message('Refunded.')]).server()\n"
    "puppet.__enter__()\n"
    "shop = {'type': 'mcp', 'server_label': 'shop', 'server_url': 'https://shop.example', "
    "'require_approval': 'always'}\n"
    "q = rtnb.connect(puppet.url, modalities=['text'], journal=False, tools=[shop])"
)


def approvals_ask_with_input(kernel: Kernel) -> None:
    """Also where there are widgets: nothing shows that this front end sends presses to a subshell."""
    kernel.run(APPROVAL, stdin=True)
    cell = kernel.finish(kernel.start("print(q.ask('A refund, please.', timeout=20).text)", stdin=True), answers=["y"])
    assert len(cell.asked) == 1 and "'shop' wants to run refund" in cell.asked[0], cell
    assert cell.printed == "Refunded.\n" and not cell.error, cell
    assert kernel.run("q.close(); puppet.__exit__()").status == "ok"


def approvals_are_pressed_while_the_cell_waits(kernel: Kernel) -> None:
    """The front end makes a subshell at the first widget, as JupyterLab does."""
    if kernel.version < (7,) or not has_widgets(kernel):
        return
    kernel.comms.clear()
    kernel.run(APPROVAL, stdin=True)
    waiting = kernel.start("print(q.ask('A refund, please.', timeout=20).text)", stdin=True)
    kernel.finish(
        waiting,
        when=lambda cell: kernel.button("Approve") is not None,
        then=lambda: kernel.press("Approve", subshell=kernel.subshell()),
        timeout_s=25,
    )
    assert waiting.printed == "Refunded.\n" and not waiting.asked and not waiting.error, waiting
    kernel.until(lambda: any("Approved: shop.refund" in data.get("text/plain", "") for data in kernel.latest.values()))
    assert kernel.run("q.close(); puppet.__exit__()").status == "ok"


def approvals_of_send_are_pressed_when_no_cell_runs(kernel: Kernel) -> None:
    if not has_widgets(kernel):
        return
    kernel.comms.clear()
    kernel.run(APPROVAL, stdin=True)
    cell = kernel.run("w = q.send('A refund, please.')", stdin=True)
    assert cell.status == "ok"
    kernel.until(lambda: kernel.button("Deny") is not None)
    kernel.press("Deny")
    kernel.until(lambda: any("Denied: shop.refund" in data.get("text/plain", "") for data in kernel.latest.values()))
    after = kernel.run("print(w.wait(10).status); q.close(); puppet.__exit__()")
    assert after.printed == "completed\n", after


def approvals_do_not_block_where_nobody_is(kernel: Kernel) -> None:
    kernel.run(APPROVAL)
    cell = kernel.run("t = q.ask('A refund, please.', timeout=20)", timeout_s=15)
    assert cell.status == "ok" and "q.approvals" in cell.words.replace("session.approvals", "q.approvals"), cell
    cell = kernel.run("q.approvals[0].approve(); time.sleep(0.5); print(q.turns[-1].text); q.close()")
    assert cell.printed == "Refunded.\n", cell


def an_interrupt_at_the_question_ends_the_cell(kernel: Kernel) -> None:
    kernel.run(APPROVAL, stdin=True)
    cell = kernel.start("q.ask('A refund, please.', timeout=20)", stdin=True)

    def asks(cell: Cell) -> bool:
        return kernel._take("stdin", cell)

    kernel.finish(cell, when=asks, then=kernel.interrupt, timeout_s=20)
    assert cell.error == "KeyboardInterrupt", cell
    assert kernel.run("print(q.status); q.close(); puppet.__exit__()").printed == "open\n"
    goes_on(kernel)


def magics(kernel: Kernel) -> None:
    cells = kernel.run_all(
        [
            "%load_ext rtnb",
            "%%ask -s s -o t --instructions 'Be brief.'\nWhat is 6 times 7?",
            "%%ask -s s\nWhat is 2 plus 2?",
            "%rtnb -s s usage",
            "%rtnb -s s events 2",
            "print(t.text)",
        ]
    )
    assert [cell.error for cell in cells] == [""] * 6, cells
    assert "nest_asyncio" in cells[0].printed
    # One card a turn, although the cell returns the turn as well.
    assert [len(cell.outputs) for cell in cells[1:3]] == [1, 1] and not cells[1].result and not cells[2].result
    assert "42" in cells[-1].printed and "tokens in" in cells[3].result + cells[3].words
    assert "response.done" in cells[4].printed
    wrong = kernel.run("%rtnb bogus")
    assert wrong.status == "error" or "UsageError" in wrong.printed
    assert kernel.run("%unload_ext rtnb").status == "ok"
    assert kernel.run("%%ask\nhello").status == "error"


def a_restart_forgets_everything(kernel: Kernel) -> None:
    kernel.run("once = rtnb.connect(modalities=['text'], journal=False)")
    kernel.run("once.send('Tell me a long story.')")
    kernel.restart()
    assert kernel.left_in_s < 8, "it had to be killed"
    assert kernel.run("print('s' in globals(), rtnb.open_sessions())").printed == "False []\n"
    open_session(kernel)
    goes_on(kernel)


def nested_loops_lose_no_cell(kernel: Kernel) -> None:
    """What the choice of the package promises; its own kernel, since the patch stays."""
    told = kernel.run("print(rtnb.allow_nested_asyncio()); print(rtnb.allow_nested_asyncio().package)").printed
    wanted = "nest_asyncio" if kernel.version < (7,) else "nest_asyncio2"
    assert told.splitlines()[-1] == wanted and (wanted == "nest_asyncio" or "loses cells with nest_asyncio" in told)
    snippet = (
        "async def main():\n"
        "    await asyncio.sleep(0.1)\n"
        "    async with rtnb.AsyncSession(modalities=['text'], journal=False) as a:\n"
        "        return (await a.ask('What is {0} plus {0}?')).text\n"
        "print(asyncio.run(main()))"
    )
    cells = kernel.run_all([snippet.format(i) for i in range(1, 5)] + ["print('the end')"])
    assert [cell.status for cell in cells] == ["ok"] * 5, cells
    assert [cell.printed for cell in cells] == [f"{i} plus {i} is {2 * i}.\n" for i in range(1, 5)] + ["the end\n"]
    assert kernel.run("print(s.ask('Spell cat.', show=False).text); await asyncio.sleep(0)").printed == "C, A, T.\n"
    interrupted(kernel, "print('now', flush=True); asyncio.run(asyncio.sleep(30))", ready="now")
    assert kernel.run("print(asyncio.run(asyncio.sleep(0, 'fine')))").printed == "fine\n"
    noise = [str(stray) for stray in kernel.strays]
    assert not re.search(r"Exception in callback|never awaited|Traceback", "\n".join(noise)), noise


CASES: list[Case] = [
    run_all,
    each_card_is_below_the_cell_that_asked,
    notices_are_in_the_cell,
    interrupt_while_it_answers,
    interrupt_in_a_stream,
    interrupt_in_an_aside,
    interrupt_while_the_voices_load,
    interrupt_while_a_tool_runs,
    what_a_tool_prints_is_in_the_running_cell,
    cells_that_await_stand_beside_those_that_block,
    threads_may_ask,
    the_loop_thread_may_not,
    approvals_ask_with_input,
    approvals_do_not_block_where_nobody_is,
    an_interrupt_at_the_question_ends_the_cell,
    approvals_of_send_are_pressed_when_no_cell_runs,
    approvals_are_pressed_while_the_cell_waits,
    a_press_arrives_exactly_where_rtnb_says_so,
    subshells_work_while_a_cell_waits,
    a_restart_forgets_everything,
]
NESTED: list[Case] = [nested_loops_lose_no_cell, magics]
"""These patch asyncio, so they come last."""
