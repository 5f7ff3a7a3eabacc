"""The pages of a library in a real browser: Debian's chromium, driven by PyPI's playwright, where both are there."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from check import *

CHROMIUM = shutil.which("chromium")
#: Contrast to the ground, by WCAG 2 (AA): of text, and of marks such as the points of a map.
CONTRAST, MARKS = 4.5, 3.0

#: The least contrast of a text to the nearest ground that is painted under it; a mark's counts by its own limit.
MEASURE = f"""() => {{
  const [TEXT, MARKS] = [{CONTRAST}, {MARKS}];
""" + """
  const parse = (c) => c.match(/[0-9.]+/g).map(Number);
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const contrast = (e, colour) => {
    const [a, b] = [luminance(parse(colour)), luminance(ground(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  let least = 21;
  for (const e of document.querySelectorAll('body *')) {
    const style = getComputedStyle(e);
    if (e.tagName === 'circle') least = Math.min(least, contrast(e, style.fill) * TEXT / MARKS);
    if (e.tagName === 'circle' || e.tagName === 'title') continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    least = Math.min(least, contrast(e, style.color));
  }
  return least;
}"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def datasette():
    """The address of a running Datasette."""
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", os.environ["LIBRARY"], "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/versions.json").close()
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/-/library"
    finally:
        server.terminate()
        server.wait()


def walk(page, address):
    """As a person who uses the keyboard alone."""
    with test("the only library opens by itself, and / goes to the question"):
        page.goto(address)
        page.keyboard.press("/")
        page.keyboard.type("hierarchical navigable graphs")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=hierarchical*")
        assert page.locator("ol.papers > li").count() == 10

    with test("sentences by meaning come without a reload"):
        papers = page.locator("ol.papers > li")
        for number in range(papers.count()):
            papers.nth(number).scroll_into_view_if_needed()
        papers.filter(has=page.locator("mark")).nth(9).wait_for()

    with test("j and k walk, Enter opens the paper"):
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        title = page.locator(".chosen h2").inner_text()
        page.keyboard.press("Enter")
        page.wait_for_url("**/papers_search/*")
        assert page.locator("article h2").inner_text() == title

    with test("more like this is a search with its own address"):
        page.click("text=More like this")
        page.wait_for_url("**like=*")
        assert "More like" in page.locator("main").inner_text()

    with test("a filter narrows, its chip takes it away"):
        page.goto(address + "/library/papers_search?q=language")
        page.click("aside a:has-text('arXiv')")
        page.wait_for_url("**f.journal=arXiv*")
        page.click(".chips .chip")
        page.wait_for_url("**q=language")


def places(page):
    """What the map shows: (title, left, top) of each point, in pixels."""
    boxes = """() => [...document.querySelectorAll('.map a')].map((a) => {
      const box = a.querySelector('circle').getBoundingClientRect();
      return [a.querySelector('title').textContent, box.x + box.width / 2, box.y + box.height / 2];
    })"""
    return page.evaluate(boxes)


def on_the_map(page, address):
    """With a mouse, and with the keyboard alone."""
    with test("the map shows every paper within its frame"):
        page.goto(address + "/library/papers_search")
        page.click("text=Map")
        page.wait_for_selector(".map")
        frame = page.locator(".map").bounding_box()
        shown = places(page)
        right, bottom = frame["x"] + frame["width"], frame["y"] + frame["height"]
        inside = [frame["x"] < x < right and frame["y"] < y < bottom for _, x, y in shown]
        assert len(shown) == 22 and all(inside)

    with test("the mouse names a point, a click opens its paper"):
        title, x, y = shown[-1]
        page.mouse.move(x, y)
        assert page.locator(".here").inner_text() == title
        page.mouse.click(x, y)
        page.wait_for_url(re.compile("/papers_search/[0-9]+$"))
        assert page.locator("article h2").inner_text() == title
        page.go_back()

    with test("Tab stops once on the map, an arrow goes to a paper that way, Enter opens it"):
        page.focus(".map a[tabindex='0']")
        left = places(page)
        titles = [point[0] for point in left]
        before = left[titles.index(page.locator(".here").inner_text())]
        middle = sum(point[1] for point in left) / len(left)
        key, way = ("ArrowRight", 1) if before[1] < middle else ("ArrowLeft", -1)
        page.keyboard.press(key)
        title = page.locator(".here").inner_text()
        assert (left[titles.index(title)][1] - before[1]) * way > 0
        assert page.locator(".map a[tabindex='0']").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/papers_search/[0-9]+$"))
        assert page.locator("article h2").inner_text() == title

    with test("a question asked on the map marks what it finds"):
        page.goto(address + "/library/papers_search/map?min.year=2018")
        page.keyboard.press("/")
        page.keyboard.type("language")
        page.keyboard.press("Enter")
        page.wait_for_url("**/map?q=language*min.year=2018")
        strong = page.locator(".map .found").count()
        assert 0 < strong < 22 and f"{strong} that are found" in page.locator("main").inner_text()


def looks(browser, address):
    for scheme in "light", "dark":
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        for path in ("?q=language", "/1?q=language", "?q=language&f.journal=arXiv&words=AND+(", "/map"):
            page.goto(address + "/library/papers_search" + path)
            with test(f"{scheme}: every text of {path} can be read"):
                least = page.evaluate(MEASURE)
                assert least >= CONTRAST, f"contrast {least:.2f}"
        context.close()
    with test("on a telephone nothing is wider than the screen"):
        page = browser.new_page(viewport={"width": 320, "height": 640})
        for path in ("?q=language", "/1", "/map"):
            page.goto(address + "/library/papers_search" + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320


def without_script(browser, address):
    with test("without a script a question is asked, answered and leafed through"):
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(address + "/library/papers_search")
        page.fill("#q", "language")
        page.click("button:text-is('Search')")
        assert page.locator("ol.papers mark").count() > 0
        page.click("text=More papers")
        assert page.locator("ol.papers > li").count() == 10
    with test("without a script the map is there, each point a link that Tab reaches"):
        page.goto(address + "/library/papers_search/map")
        page.focus(".map a >> nth=0")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/papers_search/[0-9]+$"))


def main():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("skip - library_browser: pip cannot install playwright")
        print("0 passed, 0 failed")
        return
    if not CHROMIUM:
        print("skip - library_browser: there is no chromium here: apt-get install chromium")
        print("0 passed, 0 failed")
        return
    with sync_playwright() as playwright, datasette() as address:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        walk(page, address)
        on_the_map(page, address)
        with test("the browser complains of nothing: no error, no refusal of the policy"):
            assert not said, said
        looks(browser, address)
        without_script(browser, address)
        browser.close()
    report()


main()
