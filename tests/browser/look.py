"""What can be said about a page's looks without eyes; for eyes, pictures in the folder that MYWEB_SCREENSHOTS names."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from playwright.sync_api import Page

SIZES = {"wide": (1440, 900), "phone": (360, 740)}
THEMES = ("light", "dark")
WIDTHS = (320, 600, 840, 1180, 2560)  # between and beyond the sizes: nothing is wider than the page there
TIMEOUT = 120  # frames until nothing moves any more

# Every drawn text whose contrast with what is painted behind it is below WCAG AA.
FAINT = """() => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
    const context = canvas.getContext("2d", {willReadFrequently: true});
    const known = new Map();
    const rgba = (colour) => {
        if (!known.has(colour)) {
            context.clearRect(0, 0, 1, 1);
            context.fillStyle = colour;
            context.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
            known.set(colour, [red, green, blue, alpha / 255]);
        }
        return known.get(colour);
    };
    const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
    const behind = (part) => {
        if (!part) return rgba("canvas");
        const own = rgba(getComputedStyle(part).backgroundColor);
        return own[3] === 1 ? own : over(own, behind(part.parentElement));
    };
    const light = (colour) => {
        const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = colour.map((part) => linear(part / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const part = texts.currentNode.parentElement;
        const text = texts.currentNode.data.trim();
        if (!text || part.closest("script, option, [disabled], .sr")) continue;
        if (part.getBoundingClientRect().width < 3) continue;
        if (!part.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        const look = getComputedStyle(part);
        const back = behind(part);
        const [one, other] = [light(over(rgba(look.color), back)), light(back)].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (other + 0.05);
        const size = parseFloat(look.fontSize);
        const large = size >= 24 || (size >= 18.66 && look.fontWeight >= 700);
        if (ratio >= (large ? 3 : 4.5)) continue;
        faint.push(`${ratio.toFixed(2)} ${part.className || part.localName}: ${text.slice(0, 40)}`);
    }
    return [...new Set(faint)];
}"""

WIDER = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
    .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map((part) => `wider than the page: ${part.cloneNode().outerHTML}`)"""

# What a finger has to hit on a phone; a link within a sentence is as high as its line.
SMALL_TARGETS = """() => innerWidth > 440 ? [] :
    [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((part) => part.checkVisibility({visibilityProperty: true, opacityProperty: true}))
    .filter((part) => !part.closest("[inert], .sr, p, .message__head, .message__body"))
    .filter((part) => part.tabIndex >= 0 && !part.classList.contains("skip"))
    .filter((part) => part.localName !== "a" ||
        ![...part.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .filter((part) => {
        const after = getComputedStyle(part, "::after");
        const fillsRow = after.position === "absolute" && getComputedStyle(part).position === "static";
        const label = ["checkbox", "radio"].includes(part.type) && part.labels[0];
        const box = fillsRow ? part.offsetParent : label || part;
        const {width, height} = box.getBoundingClientRect();
        const around = fillsRow ? [] : [after, getComputedStyle(part, "::before")];
        const edge = (side) => Math.min(0, ...around.map((style) => parseFloat(style[side]) || 0));
        return width - 2 * edge("insetInlineStart") < 44 || height - 2 * edge("insetBlockStart") < 44;
    })
    .map((part) => {
        const {width, height} = part.getBoundingClientRect();
        return `a target of ${Math.round(width)} x ${Math.round(height)} px: ${part.outerHTML.slice(0, 120)}`;
    })"""

# Chinese has no space after a full stop.
SPACED = """() => document.documentElement.lang.startsWith("zh") && !document.querySelector("[role=log]")
    ? (document.querySelector("main")?.innerText.match(/.{0,12}[。！？；] +[\\u4e00-\\u9fff].{0,8}/g) ?? [])
        .map((text) => `a space between Chinese sentences: ${text}`)
    : []"""


def resize(page: Page, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})


def faults(page: Page, name: str, sizes: Collection[str] = SIZES, themes: Iterable[str] = THEMES) -> list[str]:
    """What is wrong with this page in these sizes and themes."""
    found: list[str] = []
    if set(sizes) >= set(SIZES):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{width} px: {fault}" for fault in page.evaluate(WIDER)]
    for size in sizes:
        resize(page, size)
        page.emulate_media(reduced_motion="reduce")  # what still grows would be measured too small
        page.evaluate(SETTLED, TIMEOUT)
        found += page.evaluate(SMALL_TARGETS)
        found += page.evaluate(SPACED)
        for theme in themes:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
            found += page.evaluate(SETTLED, TIMEOUT)
            found += [f"{size} {theme}: {fault}" for fault in (*page.evaluate(WIDER), *page.evaluate(FAINT))]
            keep(page, f"{name}-{size}-{theme}")
    return found


# A colour that is inherited passes from parent to child, one transition after the other.
SETTLED = """async (most) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (let still = 0, frames = 0; still < 2; still += 1, frames += 1) {
        await frame();
        const drawn = document.getAnimations().filter(({effect}) => effect.target.checkVisibility());
        const moving = drawn.filter((each) => each instanceof CSSTransition);
        if (moving.length) still = -1;
        if (frames > most) return moving.map(({effect}) => `still moves: ${effect.target.outerHTML.slice(0, 80)}`);
    }
    return [];
}"""


def folder() -> str:
    return os.environ.get("MYWEB_SCREENSHOTS", "")


def keep(page: Page, name: str) -> None:
    if folder():
        page.screenshot(path=Path(folder()) / f"{name}.png")
