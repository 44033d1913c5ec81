"""What a hostile reply can do in the chat panel: nothing but be read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, expect

from ui.browser import open_notebook, write_notebook
from ui.chat import PANEL, REPLY, ask, open_chat, write_conversation
from ui.lab import Lab

EVIL = "https://evil.example"
COMMAND = "terminal:create-new"
HOSTILE = {
    "image": f"![x]({EVIL}/1.png)",
    "image with a title": f'![x]({EVIL}/2.png "t")',
    "image by reference": f"![x][r]\n\n[r]: {EVIL}/3.png",
    "collapsed reference": f"![r][]\n\n[r]: {EVIL}/4.png",
    "shortcut reference": f"![r]\n\n[r]: {EVIL}/5.png",
    "image in angle brackets": f"![x](<{EVIL}/6.png>)",
    "image in a link": f"[![x]({EVIL}/7.png)]({EVIL})",
    "image in a table": f"| a |\n|---|\n| ![x]({EVIL}/8.png) |",
    "image in a heading": f"# ![x]({EVIL}/9.png)",
    "protocol-relative image": "![x](//evil.example/10.png)",
    "HTML image": f'<img src="{EVIL}/11.png" onerror="alert(1)">',
    "HTML image in a line": f'text <img src="{EVIL}/12.png"> text',
    "media": f'<video src="{EVIL}/13.mp4" autoplay></video><audio src="{EVIL}/14.mp3"></audio>',
    "frame": f'<iframe src="{EVIL}/15"></iframe><object data="{EVIL}/16"></object><embed src="{EVIL}/17">',
    "style": f"<style>body {{background: url({EVIL}/18)}}</style><link rel=stylesheet href={EVIL}/19>",
    "style attribute": f"<div style=\"background:url('{EVIL}/20')\">x</div>",
    "script": f"<script>fetch('{EVIL}/21')</script>",
    "form": f'<form action="{EVIL}/22"><button>Send</button></form>',
    "svg": f'<svg onload="fetch(\'{EVIL}/23\')"><image href="{EVIL}/24"/></svg>',
    "base and meta": f'<base href="{EVIL}/"><meta http-equiv="refresh" content="0;url={EVIL}/25">',
    "command link": f'<button data-commandlinker-command="{COMMAND}" data-commandlinker-args="{{}}">Run</button>',
    "command URL": f"[run](command:{COMMAND}) [run](#) <a href='#' data-commandlinker-command='{COMMAND}'>x</a>",
    "javascript link": "[x](javascript:alert(1)) <javascript:alert(1)> [y](JaVaScRiPt:alert(1))",
    "data link": "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) [y](vbscript:x)",
    "relative link": "[x](/lab?reset) [y](//evil.example/26) [z](file:///etc/passwd)",
    "credentials in a link": "[x](https://user:pass@evil.example/27)",
    "autolink": f"{EVIL}/28 and <{EVIL}/29> and www.evil.example",
    "mermaid": f'```mermaid\ngraph LR\nA["<img src={EVIL}/30.png>"] --> B\nclick A href "{EVIL}"\n```',
    "diagram in svg": f'```svg\n<svg><image href="{EVIL}/31"/></svg>\n```',
    "mathematics": rf"$\href{{{EVIL}/32}}{{x}}$ $$\style{{background:url({EVIL}/33)}}{{x}}$$ $\require{{html}}$ "
    rf"$\def\x{{\href{{{EVIL}/34}}{{x}}}}\x$ $\class{{jp-evil}}{{x}}$ $\cssId{{main}}{{x}}$ "
    rf"$\unicode{{x41}}$ $\csname href\endcsname{{{EVIL}/35}}{{x}}$ $\text{{$\href{{{EVIL}/36}}{{x}}$}}$",
    "html comment": f"<!-- <img src={EVIL}/37> --> <![CDATA[ <img src={EVIL}/38> ]]>",
    "clobbering": '<a id="jupyterapp" name="jupyter-config-data">x</a> <form id=document>',
    "escapes and directions": "\x1b[31mred\x1b[0m \u202eesrever\u202c zero\u200bwidth \x00\x08",
    "deep nesting": "> " * 500 + "deep" + "\n\n" + "- " * 200 + "x" + "*" * 500,
    "entities": f"&lt;img src={EVIL}/39&gt; &#60;img src={EVIL}/40&#62;",
}
FORBIDDEN = "img, svg, iframe, object, embed, video, audio, form, button, style, link, script, base, meta, a, input"
PARTS = "[id], [name], [style], [href], [src], [data-commandlinker-command], [onclick], [onload], [onerror]"
# What of a reply is not ours: neither the toolbar of a code block nor what MathJax has typeset.
CHECK = """([panel, wanted]) => {
    const replies = [...document.querySelectorAll(`${panel} .jp-sc2-chat-reply`)];
    const bad = replies.flatMap(reply => [...reply.querySelectorAll(wanted)]);
    return bad.filter(e => !e.closest('.jp-sc2-chat-code-toolbar, mjx-container')).map(e => e.outerHTML.slice(0, 200));
}"""
LISTEN = """() => {
    window.sc2Commands = [];
    window.jupyterapp.commands.commandExecuted.connect((_, { id }) => window.sc2Commands.push(id));
    window.open = (...args) => window.sc2Commands.push(`window.open ${args[0]}`);
}"""


@pytest.fixture
def foreign(page: Page, lab: Lab) -> list[str]:
    """Every request that does not go to the Jupyter server; they are refused, so that nothing is really sent."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((lab.url, "data:", "blob:")):
            asked.append(request.url)

    page.context.on("request", note)
    page.context.route(re.compile(r"evil\.example"), lambda route: route.abort())
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}") or dialog.dismiss())
    return asked


def click_everything(page: Page) -> None:
    """Clicks on whatever in the replies looks as if one could, but not on our own toolbars."""
    texts = page.locator(f"{REPLY} p, {REPLY} li, {REPLY} td, {REPLY} pre, {REPLY} [role=heading]")
    for index in range(texts.count()):
        texts.nth(index).evaluate("element => element.click()")
        if page.locator(".jp-Dialog").count():
            page.keyboard.press("Escape")


def test_from_the_history(page: Page, lab: Lab, name: str, foreign: list[str]) -> None:
    write_notebook(lab.root / name, ["x = 1"])
    write_conversation(lab, name, [text for title, reply in HOSTILE.items() for text in (title, reply)])
    open_notebook(page, lab, name)
    page.evaluate(LISTEN)
    open_chat(page)
    if page.get_by_role("button", name="Show earlier messages").count():
        page.get_by_role("button", name="Show earlier messages").click()
    expect(page.locator(REPLY)).to_have_count(len(HOSTILE))
    page.wait_for_timeout(1500)  # typesetting
    assert page.evaluate(CHECK, [PANEL, FORBIDDEN]) == []
    assert page.evaluate(CHECK, [PANEL, PARTS]) == []
    assert page.locator(f"{PANEL} mjx-container a, {PANEL} mjx-container [href], {PANEL} .jp-evil").count() == 0
    page.evaluate("() => { window.sc2Commands.length = 0; }")
    click_everything(page)
    assert foreign == []
    assert page.evaluate("() => window.sc2Commands") == []
    shown = page.locator(f"{PANEL} .jp-sc2-chat-log").text_content() or ""
    assert "\\x1b[31mred" in shown
    assert "\\u202eesrever" in shown
    assert f"![x]({EVIL}/1.png)" in shown, "what is not rendered can be read"


# The page's own `fetch` answers, since a route cannot stream: the body comes event by event.
ANSWER_BY_SCRIPT = """(() => {
    const { fetch } = window;
    window.fetch = (input, init) => {
        const { pathname } = new URL(input.url ?? input, location.href);
        if (!pathname.endsWith('/sc2/chat')) return fetch(input, init);
        const body = new ReadableStream({
            async pull(controller) {
                const event = window.sc2Events.shift();
                if (!event) return controller.close();
                await new Promise(resolve => setTimeout(resolve, 20));
                controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(event)}\\n\\n`));
            }
        });
        return Promise.resolve(new Response(body, {headers: {'Content-Type': 'text/event-stream'}}));
    };
})()"""


def test_while_it_streams(page: Page, lab: Lab, name: str, foreign: list[str]) -> None:
    """The same through the stream, piece by piece, so that unfinished markup is rendered as well."""
    page.add_init_script(ANSWER_BY_SCRIPT)
    write_notebook(lab.root / name, ["x = 1"])
    open_notebook(page, lab, name)
    page.evaluate(LISTEN)
    open_chat(page)
    whole = "\n\n".join(HOSTILE.values())
    pieces = [whole[at : at + 50] for at in range(0, len(whole), 50)]
    events = [{"type": "text", "text": piece} for piece in pieces] + [
        {"type": "done", "finish": "stop", "text": whole, "revision": 2, "unsaved": ""}
    ]

    page.evaluate("events => { window.sc2Events = events; }", events)
    page.evaluate(
        """() => {
            window.sc2Seen = [];
            new MutationObserver(records => {
                for (const { addedNodes } of records) for (const node of addedNodes)
                    if (node.nodeType === 1 && node.closest('.jp-sc2-chat-reply'))
                        window.sc2Seen.push(...[node, ...node.querySelectorAll('*')].map(e => e.localName));
            }).observe(document.body, {subtree: true, childList: true});
        }"""
    )
    ask(page, "Be evil")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_visible(timeout=20_000)
    seen = set(page.evaluate("() => window.sc2Seen"))
    assert {"article", "li", "table", "code"} <= seen, "the reply was not ours"
    assert not seen & {"img", "iframe", "object", "embed", "video", "audio", "form", "style", "script", "a"}
    assert foreign == []


def test_a_link_says_where_it_leads(page: Page, lab: Lab, name: str, foreign: list[str]) -> None:
    write_notebook(lab.root / name, ["x = 1"])
    write_conversation(lab, name, ["Where?", f"See [the manual]({EVIL}/manual)."])
    open_notebook(page, lab, name)
    page.evaluate(LISTEN)
    open_chat(page)
    link = page.get_by_role("link", name="the manual")
    link.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("evil.example")
    dialog.get_by_role("button", name="Cancel").click()
    assert page.evaluate("() => window.sc2Commands.filter(c => c.startsWith('window.open'))") == []
    link.focus()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Open").click()
    assert page.evaluate("() => window.sc2Commands.filter(c => c.startsWith('window.open'))") == [
        f"window.open {EVIL}/manual"
    ]
    assert foreign == []


def test_mathematics_is_typeset(page: Page, lab: Lab, name: str) -> None:
    """That the hostile formulas stay text would prove little if all did."""
    write_notebook(lab.root / name, ["x = 1"])
    write_conversation(lab, name, ["Formula?", r"Inline $\sqrt{x}$, not $5 and $6, and $$\sum_i x_i$$"])
    open_notebook(page, lab, name)
    open_chat(page)
    expect(page.locator(f"{REPLY} mjx-container")).to_have_count(2, timeout=20_000)
    expect(page.locator(REPLY)).to_contain_text("not $5 and $6")


def test_inserting_never_runs(page: Page, lab: Lab, name: str) -> None:
    """100 insertions, and the kernel has not been asked to run anything."""
    write_notebook(lab.root / name, ["x = 1"])
    write_conversation(lab, name, ["Danger", "```python\nimport os\nos.remove('everything')\n```"])
    open_notebook(page, lab, name)
    open_chat(page)
    page.evaluate(
        """() => {
            window.sc2Runs = 0;
            window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.anyMessage.connect((_, { msg }) => {
                // The kernel is asked for its names with an empty request that runs nothing.
                if (msg.header.msg_type === 'execute_request' && msg.content.code) window.sc2Runs += 1;
            });
        }"""
    )
    below = page.get_by_role("button", name="Insert below the active cell")
    for _ in range(100):
        below.click()
    count = "() => window.jupyterapp.shell.currentWidget.model.cells.length"
    assert page.evaluate(count) == 101
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.sc2Runs") == 0
