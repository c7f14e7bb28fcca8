"""Values in charts: their words, their names, and the axes beside which they stand."""

from playwright.sync_api import Page, expect

from tests.browser.people import Person

FORMAT = "async ([value, unit]) => (await import('/static/myweb/formats.js')).formatValue(value, unit)"
NAMES = "async (names) => (await import('/static/metrics/chart_labels.js')).shortenNames(names)"
# Axis texts are painted: what uPlot gave them as room must hold the widest.
CUT = """async () => {
  const cut = [];
  for (const figure of document.querySelectorAll("figure.panel:not([hidden])")) {
    const box = figure.querySelector(".u-over")?.getBoundingClientRect();
    const place = figure.querySelector(".panel__chart").getBoundingClientRect();
    const fits = !box || (box.left >= place.left && box.right <= place.right + 1 && box.width > 80);
    if (!fits) cut.push(figure.textContent.trim().slice(0, 40));
  }
  return cut;
}"""


def board(ada: Person) -> Page:
    page = ada.window().goto("/dashboards/host/").page
    expect(page.locator(".panel__value").first).not_to_be_empty()
    return page


def test_values_are_written_with_their_unit_whatever_their_size(ada: Person) -> None:
    page = board(ada)
    said = [
        (-3 * 1024**3, "B", "-3 GiB"),
        (-5e6, "B/s", "-4.77 MiB/s"),
        (3900, "s", "1 h 5 min"),
        (8100, "s", "2 h 15 min"),
        (-125, "s", "-2 min 5 s"),
        (273_600, "s", "3 d 4 h"),
        (7199.9, "s", "2 h"),
        (119, "s", "1 min 59 s"),
        (-0.25, "s", "-250 ms"),
        (1e21, "", "1E21"),
        (-12_345_678, "", "-12,345,678"),
        (1e-9, "", "1E-9"),
        (None, "B", "–"),
    ]
    assert [page.evaluate(FORMAT, [value, unit]) for value, unit, _text in said] == [text for _v, _u, text in said]


def test_series_are_called_by_the_labels_in_which_they_differ(ada: Person) -> None:
    page = board(ada)
    assert page.evaluate(NAMES, ['h_bucket{le="0.5"}', 'h_bucket{le="1.0"}']) == ["0.5", "1.0"]
    assert page.evaluate(NAMES, ['up{a="x",b="1"}', 'up{a="y",b="2"}']) == ["a=x b=1", "a=y b=2"]
    assert page.evaluate(NAMES, ['up{a="x, y{z}"}', r'up{a="\"q\""}']) == ["x, y{z}", '"q"']
    assert page.evaluate(NAMES, ['in{if="eth0"} node', 'out{if="eth0"} node']) == ["in", "out"]
    assert page.evaluate(NAMES, ['{"room temp",at="a"}', '{"room temp",at="b"}']) == ["a", "b"]
    assert page.evaluate(NAMES, ['{"a="," b"="c"}', '{"d"," b"="c"}']) == ["a=", "d"]
    assert page.evaluate(NAMES, ["cpu.core0", "cpu.core1"]) == ["core0", "core1"]


def test_labels_of_axes_have_room_on_a_phone_and_on_a_wide_screen(ada: Person) -> None:
    page = board(ada)
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(f"async () => !(await ({CUT})()).length")
