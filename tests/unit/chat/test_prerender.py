"""The room page, which is rendered once for each language."""

from django.utils.html import json_script

from chat.prerender import drop_repeated_links, shorten_json


def test_a_module_that_several_scripts_need_is_preloaded_once() -> None:
    one, other = '<link rel="modulepreload" href="/one.js">', '<link rel="modulepreload" href="/other.js">'
    later = '<link rel="modulepreload" href="/one.js" data-later="chat/app.js">'
    page = f"{one}{other}<script></script>{other}{one}{later}\n<p>{one}</p>"
    assert drop_repeated_links(page) == f"{one}{other}<script></script>{later}\n<p></p>"


def test_texts_of_scripts_are_as_short_as_they_can_be() -> None:
    page = f"<p>{json_script({'open': '打开', 'markup': '</script><!-- & >'}, 'page-strings')}</p>"
    assert shorten_json(page) == (
        '<p><script id="page-strings" type="application/json">'
        '{"open":"打开","markup":"\\u003C/script>\\u003C!-- & >"}</script>\n</p>'
    )
