"""The console's page in a real browser, over a kernel that the test plays: what sessions rarely get into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.require import require_command

from rtnb.widgets.assets import CONSOLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.local, pytest.mark.browser]

PAGE = """<!doctype html><meta charset="utf-8"><style>%s</style>
<body data-jp-theme-light="true"><div id="at"></div><script type="module">
import view from "./console.mjs";

const message = (id, who, text) => ({ id, kind: "message", who, text, item: id, deletable: true, note: "" });
const call = (id, more) => ({
    id, kind: "call", who: "assistant", item: id, call: id, name: "refund", open: true, output: "", note: "", ...more,
});
const can = { send: true, interrupt: true, respond: true, commit: true, clear: true, listen: true };
const status = {
    state: "open", text: "Ready.", busy: "", endpoint: "embedded server", model: "gpt-realtime-2.1", voice: "marin",
    now: 0, expires_s: 3581, context: { used: 800, window: 128000 }, cost: { text: "$0.0198" }, can, way_on: null,
    problems: [], limits: [{ name: "budget_usd", text: "$0.0022 of $0.5000", allowed: 0.5, unit: "$" }],
};
const settings = { fields: [], turn_detection: { value: "none", kinds: [] }, tools: [] };
const rows = [message("first", "user", "Hello."), message("second", "assistant", "Hi!")];
const heard = {};
let traits = { still: "console-still", closed: "", play: false, microphone: true };
let seq = 1;
window.asked = [];
window.say = (content) => heard["msg:custom"]({ ...content }, []);
window.patch = (content) => say({ type: "patch", seq: ++seq, ...content });
window.rowOf = message;
window.callOf = call;
window.end = (closed) => { traits = { ...traits, closed }; heard["change:settings"](); };
const model = {
    get: () => traits,
    on: (name, hear) => { heard[name] = hear; },
    off() {},
    send(content) {
        if (window.dead) throw new Error("the comm is closed");
        asked.push(content);
        const { type, page, id } = content;
        const state = { type: "state", page, seq, rows, earlier: 203, status, settings, mic: {} };
        if (type === "hello") setTimeout(() => say(state));
        if (type === "do") setTimeout(() => say({ type: "done", page, id }));
    },
};
view.initialize({ model });
view.render({ model, el: document.querySelector("#at") });
</script>"""

OUTSIDE = """() => {
    const box = document.querySelector(".rtnb-console").getBoundingClientRect();
    const parts = [...document.querySelectorAll(".rtnb-console *:not(.rtnb-console-aloud)")];
    return parts.filter((each) => {
        const at = each.getBoundingClientRect();
        return at.width > 0 && (at.right > box.right + 0.5 || at.left < box.left - 0.5);
    }).map((each) => each.className || each.tagName);
}"""


def opened(page: Page) -> None:
    """The view, served by nobody."""
    answers = {
        "/": ("text/html; charset=utf-8", PAGE % CONSOLE.css()),
        "/console.mjs": ("text/javascript; charset=utf-8", CONSOLE.esm()),
    }

    def answer(route: Any) -> None:
        kind, body = answers.get("/" + route.request.url.split("/", 3)[3], ("text/plain", ""))
        route.fulfill(content_type=kind, body=body)

    page.route("http://localhost:9/**", answer)
    page.goto("http://localhost:9/")
    page.locator(".rtnb-console-row").nth(1).wait_for()


def test_what_is_decided_is_seen_and_nothing_is_cut() -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    from support.lab import browser_page

    with browser_page(chromium, width=1100, height=900) as page:
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened(page)
        console = page.locator(".rtnb-console")

        # Whoever approves sees all of it, down to what hides itself.
        page.evaluate("""() => {
            const hidden = `{"note": "${"x".repeat(25000)}", "to": "mallory\\u202e"}`;
            const row = callOf("third", { approval: true, server: "shop", arguments: hidden });
            patch({ add: [{ after: "second", row }] });
        }""")
        shown = console.get_by_label("Arguments of the call")
        assert shown.inner_text().endswith('"to": "mallory\\u202e"}') and len(shown.inner_text()) > 25_000
        assert shown.evaluate("box => box.scrollHeight > box.clientHeight && box.clientHeight < 300")
        page.evaluate('patch({ change: [{ id: "third", set: { arguments_cut: 7 } }] })')
        console.get_by_text("7 more characters are too many").wait_for()
        assert console.get_by_role("button", name="Approve").is_disabled()
        page.evaluate('patch({ change: [{ id: "third", set: { arguments_cut: 0 } }] })')
        console.get_by_label("Reason for denying").fill("no receipt")
        console.get_by_role("button", name="Deny").click()
        (told,) = page.evaluate('asked.filter((each) => each.verb === "approve")')
        assert (told["item"], told["approve"], told["reason"]) == ("third", False, "no receipt")
        page.evaluate('patch({ change: [{ id: "third", set: { open: false, note: "denied: no receipt" } }] })')
        console.get_by_role("button", name="Show all arguments").click()
        assert "mallory" in console.locator(".rtnb-console-row").last.inner_text()
        console.get_by_role("button", name="Show less").click()

        # An empty result is no click away.
        page.evaluate('patch({ add: [{ after: "third", row: callOf("fourth", { arguments: "{}" }) }] })')
        give = console.get_by_role("button", name="Give result")
        give.wait_for()
        assert give.is_disabled()
        console.get_by_label("Result of the function").fill("12 °C")
        give.click()
        assert page.evaluate("asked.at(-1).output") == "12 °C"

        # Nothing sticks out, from a phone to a lecture hall.
        for width in (378, 400, 480, 560, 640, 744, 900, 1100, 1300):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(60)
            assert page.evaluate(OUTSIDE) == [], width
            box = console.get_by_label("Message", exact=True)
            assert box.evaluate("box => box.scrollHeight <= box.clientHeight"), width

        # A long conversation keeps some hundreds of rows, and knows how many lie before them.
        page.evaluate("""() => {
            patch({ gone: ["fourth"] });
            let last = "third";
            for (let at = 0; at < 1000; at++) {
                patch({ add: [{ after: last, row: rowOf(`row${at}`, "user", `Number ${at}.`) }] });
                last = `row${at}`;
            }
        }""")
        console.get_by_text("Number 999.").wait_for()
        count = console.locator(".rtnb-console-row").count()
        assert count <= 400
        console.get_by_role("button", name=f"Show {203 + 1003 - count} earlier").wait_for()

        # What was written when the line is lost is not.
        box.fill("Are you there?")
        page.evaluate("() => { window.dead = true; }")
        box.press("Enter")
        console.locator(".rtnb-console-unsent", has_text="Are you there?").wait_for()
        console.get_by_text("The kernel of this view is gone").wait_for()

        # A session that is over: one sentence, and no dead buttons.
        opened(page)
        page.evaluate("""() => {
            const way_on = { text: "The session is closed.", code: "s = rtnb.connect()" };
            patch({ status: { state: "closed", way_on } });
            end("The session is closed, as was said.");
        }""")
        console.locator(".rtnb-console-way", has_text="The session is closed.").wait_for()
        assert console.get_by_text("The session is closed").locator("visible=true").count() == 1
        for name in ("Hold to talk", "File…", "Send", "Force reply"):
            assert console.get_by_role("button", name=name).count() == 0, name
        assert not complaints, complaints
