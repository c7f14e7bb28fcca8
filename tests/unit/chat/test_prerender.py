"""The room page, which is rendered once for each language."""

from chat.prerender import drop_repeated_links


def test_a_module_that_several_scripts_need_is_preloaded_once() -> None:
    one, other = '<link rel="modulepreload" href="/one.js">', '<link rel="modulepreload" href="/other.js">'
    later = '<link rel="modulepreload" href="/one.js" data-later="chat/app.js">'
    page = f"{one}{other}<script></script>{other}{one}{later}\n<p>{one}</p>"
    assert drop_repeated_links(page) == f"{one}{other}<script></script>{later}\n<p></p>"
