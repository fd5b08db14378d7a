"""What hostile people write, and what tells that some of it has run or is about to.

Payloads call `owned(…)`, a function that every frame of the browser has. Pictures of documents may
come from anywhere, so those of honest documents here are at `PICTURES`; every other request that
leaves the server is one too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Request, Route

__all__ = ["ADDRESSES", "MARKUP", "PICTURES", "STYLES", "Watch"]

PICTURES = "https://pictures.example/"
EVIL = "https://evil.example/"

MARKUP = (
    "<script>owned('script')</script>",
    "<script src=https://evil.example/script.js></script>",
    "<img src=x onerror=owned('img')>",
    "<svg onload=owned('svg')>",
    "<svg><script>owned('svg-script')</script></svg>",
    "<svg><a xlink:href=javascript:owned('xlink')><text y=20>x</text></a></svg>",
    "\"><img src=x onerror=owned('quote')>",
    "'><img src=x onerror=owned('apostrophe')>",
    "\" autofocus onfocus=owned('attribute') x=\"",
    "</title><script>owned('title')</script>",
    "</textarea><script>owned('textarea')</script>",
    "</style><script>owned('style')</script>",
    "--><script>owned('comment')</script>",
    "]]><script>owned('cdata')</script>",
    "<iframe srcdoc=\"<script>parent.owned('srcdoc')</script>\"></iframe>",
    "<iframe src=javascript:parent.owned('iframe')></iframe>",
    "<object data=javascript:owned('object')></object>",
    "<embed src=javascript:owned('embed')>",
    "<details open ontoggle=owned('toggle')>x</details>",
    "<video><source onerror=owned('source')></video>",
    "<input autofocus onfocus=owned('focus')>",
    "<body onload=owned('body')>",
    "<marquee onstart=owned('marquee')>x</marquee>",
    "<a href=javascript:owned('a')>link</a>",
    "<form action=javascript:owned('form')><button>send</button></form>",
    "<button form=x formaction=javascript:owned('formaction')>send</button>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/refresh'>",
    "<link rel=stylesheet href=https://evil.example/link.css>",
    "<style>@import 'https://evil.example/import.css';</style>",
    '<p style="background:url(https://evil.example/background)">x</p>',
    "<math><mtext><table><mglyph><style><!--</style>"
    "<img title=\"--&gt;&lt;img src=1 onerror=owned('mutation')&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=owned('noscript')>\">",
    "<template><script>owned('template')</script></template>",
    "<x-y is=z onclick=owned('custom') tabindex=1 autofocus onfocus=owned('custom')>x</x-y>",
    "{{constructor.constructor('owned(1)')()}}",
    "${owned('template-literal')}",
    "&lt;img src=x onerror=owned('entity')&gt;",
)

ADDRESSES = (
    "javascript:owned('plain')",
    "JaVaScRiPt:owned('case')",
    "  javascript:owned('space')",
    "java\nscript:owned('newline')",
    "java\tscript:owned('tab')",
    "java\r\nscript:owned('return')",
    "\x01javascript:owned('control')",
    "\u00a0javascript:owned('no-break')",
    "javascript://%0aowned('comment')",
    "javascript:/*?#*/owned('query')",
    "javascript&colon;owned('entity')",
    "&#106;avascript:owned('reference')",
    "%6Aavascript:owned('escape')",
    "vbscript:owned('vbscript')",
    "feed:javascript:owned('feed')",
    "data:text/html,<script>owned('data')</script>",
    "data:text/html;base64,PHNjcmlwdD5vd25lZCgiYmFzZTY0Iik8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload=\"owned('image')\"/>",
    "data:application/xhtml+xml,<x/>",
    "blob:https://evil.example/x",
    "filesystem:https://evil.example/x",
    "file:///etc/passwd",
    "\" onmouseover=owned('breakout') x=\"",
    "x\"><img src=x onerror=owned('tag')>",
)

STYLES = (
    "red;background:url(https://evil.example/color)",
    "url(https://evil.example/url)",
    "expression(owned('expression'))",
    "#fff}*{background:url(https://evil.example/rule)}",
    "var(--x,url(https://evil.example/variable))",
    '"><style>*{background:url(https://evil.example/element)}</style>',
)

# In every document and frame, before anything of the page runs.
LISTEN = """
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sample }) =>
  violated(`${effectiveDirective} ${blockedURI} ${sample}`));
"""

# What would run, load or lead somewhere if it were touched, wherever it is in the page.
FIND = r"""
() => {
  const RUNS = new Set("javascript: vbscript: data: blob: file: filesystem: feed:".split(" "));
  const ADDRESSES = "href src action formaction data xlink:href poster background ping".split(" ");
  const FORBIDDEN = "iframe, frame, object, embed, applet, base, meta[http-equiv], portal, style";
  const PICTURE = /^data:image\/(png|jpeg|gif|webp|avif);/;
  const own = (url) => url.origin === location.origin;
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const tell = (what) => found.push(`${what} in ${element.outerHTML.slice(0, 200)}`);
      if (element.matches(FORBIDDEN)) tell("element");
      const { localName, src, href } = element;
      if (localName === "script" && !(src && own(new URL(src)))) tell("script");
      if (localName === "link" && !own(new URL(href))) tell("link");
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on")) tell(name);
        if (name === "srcdoc") tell(name);
        if (name === "style" && /url\(|expression|import|evil/i.test(value)) tell(`style ${value}`);
        if (!ADDRESSES.includes(name)) continue;
        let url;
        try {
          url = new URL(value, document.baseURI);
        } catch {
          continue;
        }
        const isPicture = localName === "img" && PICTURE.test(url.href);
        if (RUNS.has(url.protocol) && !isPicture) tell(`${name} ${url.protocol}`);
      }
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(document);
  return found;
}
"""


class Watch:
    """Sees what happens in one browser profile.

    Args:
        server: whose address is the only one that may be asked for anything but pictures.
    """

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.problems: list[str] = []
        self.violations: list[str] = []
        self._host = urlsplit(server).netloc
        context.expose_binding("owned", lambda source, what=None: self._say(f"it ran: {what}"))
        context.expose_binding("violated", lambda source, what: self.violations.append(str(what)))
        context.add_init_script(LISTEN)
        context.on("page", self._watch)
        context.on("request", self._look)
        context.route(lambda url: urlsplit(url).netloc not in ("", self._host), refuse)

    def _say(self, problem: str) -> None:
        self.problems.append(problem)

    def _watch(self, page: Page) -> None:
        page.on("dialog", lambda dialog: (self._say(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self._say(f"error: {error}"))

    def _look(self, request: Request) -> None:
        url = urlsplit(request.url)
        is_ours = url.netloc == self._host or url.scheme not in ("http", "https")
        if not is_ours and not request.url.startswith(PICTURES):
            self._say(f"request: {request.resource_type} {request.url}")

    def assert_harmless(self, *pages: Page) -> None:
        """Nothing has run, nothing has left, and nothing in the pages would if it were touched."""
        for page in pages:
            self.problems += dangers(page)
        seen = self.problems + self.violations
        assert not seen, "\n".join(seen)


def refuse(route: Route) -> None:
    route.abort()


def dangers(page: Page) -> Iterator[str]:
    found: Any = page.evaluate(FIND)
    return (str(each) for each in found)
