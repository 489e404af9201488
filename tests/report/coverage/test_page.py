"""The HTML report in a real browser: Debian's chromium, driven through chromedriver; started once for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from migrator.coverage.compare import compared
from migrator.coverage.excerpts import excerpts
from migrator.coverage.operations import Coverage
from migrator.report.coverage import comparison, html
from tests.coverage import service

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: the page is not looked at")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (CHROMIUM and DRIVER):
    pytest.skip("chromium and chromium-driver are not installed: the page is not looked at", allow_module_level=True)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900"),
)
PHONE = 390


class Page:
    """The open page, and what a user does with it."""

    def __init__(self, browser: Any, address: str):
        self.browser = browser
        self.address = address

    def fresh(self, width: int = 1280, scheme: str = "light") -> Page:
        command = self.browser.execute_cdp_cmd
        command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE},
        )
        command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.get(self.address)
        self.run("localStorage.clear()")
        self.browser.get(self.address)
        return self

    def run(self, code: str, *arguments: object) -> Any:
        return self.browser.execute_script(code, *arguments)

    def rows(self, of: str = "scope") -> list[str]:
        """The text of an element of every row that is to be seen, from the top."""
        found: list[str] = self.run(
            "return [...document.querySelectorAll('tbody.op')].filter(row => row.offsetHeight)"
            ".map(row => row.querySelector('.' + arguments[0]).textContent)",
            of,
        )
        return found

    def pick(self, name: str, value: str) -> None:
        self.run(
            "const one = document.forms.filters.elements[arguments[0]]; one.value = arguments[1];"
            "one.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )

    def sort(self, column: str) -> str | None:
        """Press a column's head with the keyboard; what it says of its order then."""
        return self.run(  # type: ignore[no-any-return]
            "const head = [...document.querySelectorAll('#operations-table thead th')]"
            ".find(one => one.textContent === arguments[0]); head.querySelector('button').click();"
            "return head.getAttribute('aria-sort')",
            column,
        )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    found = service.read(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        lines = excerpts(found.operations)
    before = Coverage("service", found.operations[1:], (), 5)
    more = comparison.section(compared([before], [found], "old.json"))
    file = folder / "report.html"
    file.write_text(html.dumps([found], lines, [more]))
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield Page(browser, file.as_uri())
    finally:
        browser.quit()


def test_sorts_by_each_column_both_ways_and_says_so(page: Page) -> None:
    page.fresh()
    first = page.rows()
    assert page.sort("rung") == "ascending"
    assert [text[0] for text in page.rows("rung")] == ["0", "0", "1", "3", "4", "4"]
    assert page.sort("rung") == "descending"
    assert [text[0] for text in page.rows("rung")] == ["4", "4", "3", "1", "0", "0"]
    assert page.sort("where") == "ascending"
    assert page.rows() == first
    assert page.run("return document.querySelectorAll('[aria-sort=ascending], [aria-sort=descending]').length") == 1


def test_filters_by_words_and_choices_and_tells_how_many_are_left(page: Page) -> None:
    page.fresh()
    page.pick("rung", "native")
    assert page.rows() == ["give", "hand"]
    page.pick("text", "HAND")
    assert page.rows() == ["hand"]
    assert page.run("return document.getElementById('shown').textContent") == "1 of 6 operations"
    page.pick("text", "nothing like that")
    assert page.rows() == [] and page.run("return document.getElementById('none').offsetHeight > 0")


def test_a_name_above_shows_its_operations(page: Page) -> None:
    page.fresh()
    page.run("document.querySelector('.pick[data-key=program][data-value=chown]').click()")
    assert page.rows() == ["take"]


def test_a_row_opens_on_the_source_lines_and_the_way_to_root(page: Page) -> None:
    page.fresh()
    browser = page.browser
    button = browser.find_element("css selector", "#op-1 button.open")
    more = browser.find_element("id", button.get_attribute("aria-controls"))
    assert (button.get_attribute("aria-expanded"), more.is_displayed()) == ("false", False)
    button.send_keys("\ue007")  # the Enter key
    assert (button.get_attribute("aria-expanded"), more.is_displayed()) == ("true", True)
    marked = [(one.get_attribute("data-n"), one.text) for one in more.find_elements("css selector", ".hit")][:1]
    assert marked == [("12", "    run('chown', uid, path, run_as_root=True)")]
    assert "service.volume.run" in more.find_element("css selector", ".chain").text
    button.send_keys(" ")
    assert not more.is_displayed()


def test_an_address_with_a_row_opens_it(page: Page) -> None:
    page.fresh()
    page.run("location.hash = '#op-2'")
    assert page.browser.find_element("id", "more-2").is_displayed()


def test_everything_that_can_be_used_has_a_name(page: Page) -> None:
    page.fresh()
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    asked = {
        "button",
        "combobox",
        "searchbox",
        "table",
        "region",
        "link",
        "img",
        "DisclosureTriangle",
        "form",
        "search",
    }
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in asked
    ]
    assert {role for role, _ in found} >= {"button", "combobox", "searchbox", "table"}
    assert [role for role, name in found if not name.strip()] == []


_CONTRAST = """
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const behind = one => { for (; one; one = one.parentElement) {
  const colour = rgb(getComputedStyle(one).backgroundColor); if (colour.length < 4 || colour[3] > 0) return colour; }
  return [255, 255, 255]; };
const bad = [];
for (const one of document.querySelectorAll('body *')) {
  const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!own || !one.offsetHeight || ['SCRIPT', 'STYLE'].includes(one.tagName)) continue;
  const [a, b] = [light(rgb(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
  if ((a + .05) / (b + .05) < 4.5) bad.push(one.className + ' ' + one.textContent.trim().slice(0, 30));
}
return bad;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(page: Page, scheme: str) -> None:
    page.fresh(scheme=scheme)
    page.run("document.querySelectorAll('button.open').forEach(one => one.click())")
    assert page.run(_CONTRAST) == []


def test_dark_follows_the_system_until_it_is_chosen_and_is_remembered(page: Page) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    light, dark = page.fresh().run(paper), page.fresh(scheme="dark").run(paper)
    assert light != dark
    page.browser.find_element("id", "theme").click()
    assert page.run(paper) == light
    page.browser.refresh()
    assert page.run(paper) == light


def test_a_phone_need_not_scroll_sideways(page: Page) -> None:
    page.fresh(width=PHONE)
    page.run("document.querySelectorAll('button.open').forEach(one => one.click())")
    assert page.run("return document.documentElement.scrollWidth") == PHONE
    assert page.sort("rung") == "ascending"


def test_paper_has_the_table_and_none_of_what_is_pressed(page: Page) -> None:
    page.fresh(scheme="dark")
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.browser.find_element("id", "filters").is_displayed()
    assert len(page.rows()) == 6
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_browser_has_nothing_to_complain_about(page: Page) -> None:
    page.fresh()
    assert [entry["message"] for entry in page.browser.get_log("browser")] == []
