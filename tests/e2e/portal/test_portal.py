"""The portal in a real browser, on a real mesh with live data."""

import gzip
import re

import pytest
from playwright.sync_api import Page, Response, expect
from portal.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("portal")]

PAYMENTS = "#/products/payments-data-product"
CUSTOMERS = "#/products/customers-data-product"
SCREENS = {
    "home": "#/",
    "overview": PAYMENTS,
    "contract": f"{PAYMENTS}/contract",
    "data": f"{PAYMENTS}/data",
    "quality": f"{PAYMENTS}/quality",
    "quarantine": f"{PAYMENTS}/quarantine",
    "lineage": f"{PAYMENTS}/lineage",
    "runs": f"{PAYMENTS}/runs",
    "query": f"{PAYMENTS}/query",
    "audit": f"{PAYMENTS}/audit",
}
FIRST_LOAD = 120 * 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def settled(page: Page) -> None:
    """The screen shows what it was asked for: nothing is loading any more, and nothing broke."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".skeleton, .loom")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)


def cell(page: Page, column: str) -> str:
    """The value of a column in the first row of the table that is shown."""
    heads = [head.split()[0] for head in page.get_by_role("columnheader").all_inner_texts()]
    return page.locator("tbody tr").first.get_by_role("cell").nth(heads.index(column)).inner_text()


def keep_only(page: Page, column: str, value: str) -> None:
    """Filter the rows that are shown."""
    page.get_by_label("Column", exact=True).select_option(column)
    page.get_by_label("Value", exact=True).fill(value)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_demo_signs_in_with_one_click_and_out_again(visitor: Visitor):
    visitor.sign_in("payments-team")

    visitor.page.get_by_role("button", name="Paula").click()
    expect(visitor.page.locator(".user-who")).to_contain_text("payments-team")
    visitor.page.get_by_role("button", name="Sign out").click()

    expect(visitor.page.get_by_role("listitem").filter(has_text="fraud-team").first).to_be_visible()


def test_a_key_in_the_address_is_taken_out_of_it(visitor: Visitor):
    visitor.page.goto(f"{visitor.url}/#key=weft_nobody")

    expect(visitor.page.get_by_role("alert")).to_be_visible()

    assert "weft_nobody" not in visitor.page.url


def test_home_shows_every_product_with_its_health_and_access(visitor: Visitor):
    page = visitor.sign_in("payments-team").go("#/")

    expect(page.get_by_role("article")).to_have_count(3)
    payments = page.get_by_role("article").filter(has_text="payments-data-product")
    expect(payments).to_contain_text("payments-team@banking.com")
    expect(payments).to_contain_text("You can read it")
    expect(payments).to_contain_text("internal")
    expect(page.get_by_role("article").filter(has_text="customers-data-product")).to_contain_text("No access")


def test_a_domain_narrows_the_home_page(visitor: Visitor):
    page = visitor.sign_in("payments-team").go("#/")

    page.get_by_role("group", name="Domain").get_by_role("button", name="fraud").click()

    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("fraud-data-product")


def test_home_search_finds_a_column_and_leads_to_its_contract(visitor: Visitor):
    page = visitor.sign_in("payments-team").go("#/")

    page.keyboard.press("/")
    page.keyboard.type("currency")
    hit = page.get_by_role("option").filter(has_text="payments-data-product").first
    expect(hit).to_contain_text("currency")
    hit.click()

    expect(page.locator("tr.asked")).to_contain_text("currency")
    expect(page.get_by_role("tab", name="Contract")).to_have_attribute("aria-selected", "true")


def test_search_is_walked_with_arrows_and_opened_with_enter(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(PAYMENTS)
    settled(page)

    page.keyboard.press("Control+k")
    page.keyboard.type("customer")
    search = page.get_by_role("combobox", name="Search")
    expect(search).to_be_focused()
    expect(page.get_by_role("option").nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(page).not_to_have_url(re.compile(f"{PAYMENTS}$"))


def test_tabs_are_reached_and_walked_by_keyboard(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(PAYMENTS)
    settled(page)

    page.get_by_role("link", name="Products", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="Overview")).to_be_focused()
    page.keyboard.press("ArrowRight")

    expect(page.get_by_role("tab", name="Contract")).to_be_focused()
    expect(page).to_have_url(re.compile(f"{PAYMENTS}/contract"))


def test_the_overview_says_the_promise_and_counts_live(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(PAYMENTS)

    expect(page.get_by_text("Every payment has payment_id")).to_be_visible()
    expect(page.get_by_text("not connected: set spec.sources.mysql.url")).to_be_visible()
    expect(page.get_by_role("heading", name="Declared, not served yet")).to_be_visible()
    received = (
        page.get_by_role("row")
        .filter(has=page.get_by_role("link", name="payment", exact=True))
        .get_by_role("cell")
        .nth(1)
    )
    expect(received).to_have_text(re.compile(r"^[\d,]*[1-9]"))
    expect(received).not_to_have_text(received.inner_text())


def test_data_shows_live_rows_and_the_trail_of_one(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(f"{PAYMENTS}/data")
    expect(page.locator("tbody tr").nth(1)).to_be_visible()
    newest = page.locator("tbody tr").first
    expect(newest).not_to_have_text(newest.inner_text())

    newest.click()

    trail = page.get_by_role("dialog").locator(".trail")
    expect(trail.locator(".trail-request")).to_be_visible()
    expect(trail.locator(".trail-silver, .trail-log")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_two_people_see_the_same_row_under_different_masks(visitor: Visitor, second_visitor: Visitor):
    analyst = visitor.sign_in("analytics-team").go(f"{CUSTOMERS}/data")
    expect(analyst.get_by_role("columnheader", name="full_name")).to_contain_text("partial")
    customer = cell(analyst, "customer_id")

    keeper = second_visitor.sign_in("customers-team").go(f"{CUSTOMERS}/data")
    expect(keeper.get_by_role("columnheader", name="national_id")).to_be_visible()
    keep_only(keeper, "customer_id", customer)
    keep_only(analyst, "customer_id", customer)

    assert cell(analyst, "full_name") != cell(keeper, "full_name")
    assert "*" not in cell(keeper, "full_name")
    expect(analyst.get_by_role("columnheader", name="national_id")).to_have_count(0)
    expect(analyst.get_by_text(re.compile("national_id.* hidden from you"))).to_be_visible()


def test_quarantine_shows_reason_and_original_bytes(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(f"{PAYMENTS}/quarantine")

    chosen = page.get_by_label("Chosen row")
    expect(chosen.locator(".rule").first).to_be_visible()
    expect(chosen.get_by_label("Original bytes")).to_contain_text("payment_id")


def test_quarantine_is_closed_to_readers_with_a_next_step(visitor: Visitor):
    page = visitor.sign_in("fraud-team").go(f"{PAYMENTS}/quarantine")

    expect(page.get_by_role("heading", name="You may not see the quarantine")).to_be_visible()
    expect(page.locator(".state-hint")).not_to_be_empty()


def test_data_is_closed_to_those_without_a_role(visitor: Visitor):
    page = visitor.sign_in("no role").go(f"{PAYMENTS}/data")

    expect(page.locator(".state-title")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(0)


def test_lineage_renders_and_a_chosen_table_lights_its_path(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(f"{PAYMENTS}/lineage")

    silver = page.locator(".node-silver").filter(has_text="payment_id")
    expect(silver).to_be_visible()
    expect(page.locator(".react-flow__edge")).not_to_have_count(0)
    silver.get_by_role("button").first.click()

    expect(page.locator(".node-bronze.node-lit")).not_to_have_count(0)
    expect(page.locator(".lineage-foot")).to_contain_text("payment")


def test_a_query_runs_as_the_signed_in_person(visitor: Visitor):
    page = visitor.sign_in("analytics-team").go(f"{CUSTOMERS}/data")
    expect(page.locator("tbody tr").first).to_be_visible()

    page.get_by_role("tab", name="Query").click()
    page.get_by_label("SQL").fill('SELECT full_name FROM "customers-data-product".customer LIMIT 1')
    page.keyboard.press("Control+Enter")

    expect(page.get_by_label("Answer").locator("tbody td")).to_contain_text("*")


def test_a_wrong_query_says_what_is_wrong(visitor: Visitor):
    page = visitor.sign_in("payments-team").go(f"{PAYMENTS}/query")

    page.get_by_label("SQL").fill("DROP TABLE payment")
    page.get_by_role("button", name="Run").click()

    expect(page.get_by_role("alert")).to_contain_text("WEFT-")


def test_no_page_asks_a_stranger_or_complains(visitor: Visitor):
    visitor.sign_in("payments-team")

    for address in SCREENS.values():
        settled(visitor.go(address))

    assert visitor.strangers == []
    assert visitor.complaints == []


def test_the_first_load_is_small(visitor: Visitor):
    scripts: list[Response] = []
    visitor.page.on("response", lambda answer: scripts.append(answer) if answer.url.endswith(".js") else None)

    visitor.sign_in("payments-team")

    assert 0 < sum(len(gzip.compress(script.body())) for script in scripts) <= FIRST_LOAD


def test_every_screen_fits_the_window(visitor: Visitor):
    visitor.sign_in("payments-team")

    assert [name for name, address in SCREENS.items() if wider(visitor.go(address))] == []


def wider(page: Page) -> bool:
    """Whether a screen has to be scrolled sideways."""
    settled(page)
    return page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


@pytest.mark.parametrize("address", SCREENS.values(), ids=SCREENS.keys())
def test_axe_finds_nothing_on_a_screen_in_light_and_dark(visitor: Visitor, axe: str, address: str):
    page = visitor.sign_in("payments-team").go(address)
    settled(page)

    assert faults(page, axe, "light") + faults(page, axe, "dark") == []


def test_axe_finds_nothing_at_the_door(visitor: Visitor, axe: str):
    visitor.page.goto(visitor.url)
    settled(visitor.page)

    assert faults(visitor.page, axe, "light") + faults(visitor.page, axe, "dark") == []


def faults(page: Page, axe: str, scheme: str) -> list[str]:
    """What axe has against a page; its script comes from the page's own address, as the page's policy asks."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.route("**/axe.js", lambda route: route.fulfill(body=axe, content_type="text/javascript"))
    page.add_script_tag(url="/axe.js")
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{scheme}: {each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]
