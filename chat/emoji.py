"""The emoji of the picker by group, with the names that a search finds. The browser loads them when it opens first."""

from functools import cache
from typing import NamedTuple

import emoji as package
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.message_services import normalize_emoji

GROUPS: list[tuple[Promise, str]] = [
    (
        _("Smileys"),
        "😀 😃 😄 😁 😆 😅 🤣 😂 🙂 🙃 🫠 😉 😊 😇 🥰 😍 🤩 😘 😗 ☺️ 😚 😙 🥲 😋 😛 😜 🤪 😝 🤑 🤗 🤭 🫢 🫣 "
        "🤫 🤔 🫡 🤐 🤨 😐 😑 😶 🫥 😏 😒 🙄 😬 🤥 😌 😔 😪 🤤 😴 😷 🤒 🤕 🤢 🤮 🤧 🥵 🥶 🥴 😵 🤯 🤠 🥳 🥸 "
        "😎 🤓 🧐 😕 🫤 😟 🙁 ☹️ 😮 😯 😲 😳 🥺 🥹 😦 😧 😨 😰 😥 😢 😭 😱 😖 😣 😞 😓 😩 😫 🥱 😤 😡 😠 🤬 "
        "😈 👿 💀 ☠️ 💩 🤡 👹 👺 👻 👽 👾 🤖 😺 😸 😹 😻 😼 😽 🙀 😿 😾 🙈 🙉 🙊",
    ),
    (
        _("People"),
        "👍 👎 👌 🤌 🤏 ✌️ 🤞 🫰 🤟 🤘 🤙 👈 👉 👆 👇 ☝️ 🫵 👋 🤚 🖐️ ✋ 🖖 🫱 🫲 ✊ 👊 🤛 🤜 👏 🙌 🫶 👐 🤲 "
        "🤝 🙏 ✍️ 💅 🤳 💪 🦾 🧠 👀 👁️ 👂 👃 👄 🤦 🤷 🙋 🙅 🙆 💁 🙇 🙍 🙎 🧏 👶 🧒 👦 👧 🧑 👨 👩 🧓 👴 👵 "
        "👮 🕵️ 💂 🥷 👷 🤴 👸 🧙 🧚 🧛 🧜 🧝 🧞 🧟 🧌 🎅 🤶 🦸 🦹 👼 🤰 🤱 🧑‍💻 👨‍💻 👩‍💻 🧑‍🔧 🧑‍🚀 "
        "🧑‍🚒 🧑‍🔬 🧑‍🎨 🧑‍🏫 🧑‍🍳 🧑‍⚕️ 🚶 🏃 💃 🕺 🧘 🛌 👥 👤 🗣️ 🫂 👪 👣",
    ),
    (
        _("Hearts and signs"),
        "❤️ 🧡 💛 💚 💙 💜 🤎 🖤 🤍 💔 ❤️‍🔥 💕 💞 💓 💗 💖 💘 💝 💯 💢 💥 💫 💦 💨 💬 👁️‍🗨️ 🗨️ 🗯️ 💭 💤 ✅ "
        "☑️ ✔️ ❌ ❎ ➕ ➖ ➗ ✖️ ❓ ❔ ❗ ❕ ‼️ ⁉️ ⚠️ 🚸 🔰 ♻️ ⭕ 🚫 🛑 ⛔ 📛 🚷 🚯 🚳 🚱 🔞 📵 ☢️ ☣️ ⬆️ ↗️ "
        "➡️ ↘️ ⬇️ ↙️ ⬅️ ↖️ ↕️ ↔️ ↩️ ↪️ 🔃 🔄 🔙 🔚 🔛 🔜 🔝 ▶️ ⏩ ⏭️ ⏯️ ◀️ ⏪ ⏮️ 🔼 🔽 ⏸️ ⏹️ ⏺️ ⏏️ 🔀 🔁 🔂 "
        "🔅 🔆 📶 📳 📴 ♾️ ™️ ©️ ®️ 🔴 🟠 🟡 🟢 🔵 🟣 🟤 ⚫ ⚪ 🟥 🟧 🟨 🟩 🟦 🟪 🟫 ⬛ ⬜ 🔶 🔷 🔸 🔹 🔺 🔻 "
        "💠 🔘 🆕 🆗 🆙 🆒 🆓 🆘 🆖 🅰️ 🅱️ 🆎 🅾️ ℹ️ #️⃣ *️⃣ 0️⃣ 1️⃣ 2️⃣ 3️⃣ 4️⃣ 5️⃣ 6️⃣ 7️⃣ 8️⃣ 9️⃣ 🔟",
    ),
    (
        _("Nature"),
        "🐵 🐒 🦍 🦧 🐶 🐕 🐩 🐺 🦊 🦝 🐱 🐈 🦁 🐯 🐅 🐆 🐴 🫎 🐎 🦄 🦓 🦌 🐮 🐂 🐄 🐷 🐖 🐗 🐏 🐑 🐐 🐪 🦙 "
        "🦒 🐘 🦣 🦏 🦛 🐭 🐀 🐹 🐰 🐇 🐿️ 🦫 🦔 🦇 🐻 🐻‍❄️ 🐨 🐼 🦥 🦦 🦨 🦘 🦡 🐾 🦃 🐔 🐓 🐣 🐤 🐥 🐦 🐧 "
        "🕊️ 🦅 🦆 🦢 🦉 🦤 🪶 🦩 🦚 🦜 🐸 🐊 🐢 🦎 🐍 🐲 🐉 🦕 🦖 🐳 🐋 🐬 🦭 🐟 🐠 🐡 🦈 🐙 🐚 🪸 🐌 🦋 🐛 "
        "🐜 🐝 🪲 🐞 🦗 🪳 🕷️ 🕸️ 🦂 🦟 🪰 🪱 🦠 💐 🌸 💮 🪷 🏵️ 🌹 🥀 🌺 🌻 🌼 🌷 🌱 🪴 🌲 🌳 🌴 🌵 🌾 🌿 ☘️ "
        "🍀 🍁 🍂 🍃 🍄 🌍 🌎 🌏 🌑 🌓 🌕 🌗 🌙 🌞 ⭐ 🌟 ✨ ☀️ 🌤️ ⛅ 🌥️ ☁️ 🌦️ 🌧️ ⛈️ 🌩️ 🌨️ ❄️ ☃️ ⛄ 🌬️ 🌪️ 🌫️ "
        "🌈 ☔ ⚡ 🔥 💧 🌊",
    ),
    (
        _("Food"),
        "🍇 🍈 🍉 🍊 🍋 🍌 🍍 🥭 🍎 🍏 🍐 🍑 🍒 🍓 🫐 🥝 🍅 🫒 🥥 🥑 🍆 🥔 🥕 🌽 🌶️ 🫑 🥒 🥬 🥦 🧄 🧅 🥜 🫘 "
        "🌰 🍞 🥐 🥖 🥨 🥯 🥞 🧇 🧀 🍖 🍗 🥩 🥓 🍔 🍟 🍕 🌭 🥪 🌮 🌯 🥙 🧆 🥚 🍳 🥘 🍲 🫕 🥣 🥗 🍿 🧈 🧂 🥫 "
        "🍱 🍘 🍙 🍚 🍛 🍜 🍝 🍠 🍢 🍣 🍤 🍥 🥮 🍡 🥟 🥠 🥡 🦀 🦞 🦐 🦑 🍦 🍧 🍨 🍩 🍪 🎂 🍰 🧁 🥧 🍫 🍬 🍭 "
        "🍮 🍯 🍼 🥛 ☕ 🫖 🍵 🍶 🍾 🍷 🍸 🍹 🍺 🍻 🥂 🥃 🥤 🧋 🧃 🧉 🧊 🥢 🍽️ 🍴 🥄 🔪",
    ),
    (
        _("Activities and places"),
        "🎃 🎄 🎆 🎇 🧨 🎈 🎉 🎊 🎋 🎍 🎎 🎏 🎐 🎑 🧧 🎀 🎁 🎗️ 🎟️ 🎫 🎖️ 🏆 🏅 🥇 🥈 🥉 ⚽ ⚾ 🏀 🏐 🏈 🏉 🎾 "
        "🎳 🏏 🏑 🏒 🏓 🏸 🥊 🥋 ⛳ ⛸️ 🎣 🎽 🎿 🛷 🎯 🎱 🔮 🎮 🕹️ 🎰 🎲 🧩 🧸 ♟️ 🃏 🀄 🎭 🎨 🧵 🧶 🎤 🎧 🎷 "
        "🎸 🎹 🎺 🎻 🥁 🎬 🏹 🚀 🛸 🚁 ✈️ 🛫 🛬 🪂 🚂 🚄 🚇 🚉 🚋 🚌 🚑 🚒 🚓 🚕 🚗 🚙 🛻 🚚 🚜 🏎️ 🏍️ 🛵 🚲 "
        "🛴 ⛽ 🚨 🚥 🚦 🚧 ⚓ ⛵ 🚤 🚢 🗺️ 🧭 🏔️ ⛰️ 🌋 🏕️ 🏖️ 🏜️ 🏝️ 🏟️ 🏛️ 🏗️ 🧱 🏘️ 🏠 🏡 🏢 🏥 🏦 🏨 🏪 🏫 🏭 "
        "🏯 🏰 🗼 🗽 ⛪ 🕌 🕍 ⛲ ⛺ 🌁 🌃 🌄 🌅 🌆 🌇 🌉 🎠 🎡 🎢 🎪 🏁 🚩 🏳️ 🏴 🏳️‍🌈",
    ),
    (
        _("Objects"),
        "⌚ 📱 💻 ⌨️ 🖥️ 🖨️ 🖱️ 💽 💾 💿 📀 🔋 🪫 🔌 💡 🔦 🕯️ 📷 📸 📹 🎥 📞 ☎️ 📟 📠 📺 📻 🎙️ ⏱️ ⏲️ ⏰ 🕰️ ⌛ "
        "⏳ 🕐 📡 💸 💵 💳 🪙 🧾 💎 ⚖️ 🪜 🧰 🪛 🔧 🔨 ⚒️ 🛠️ ⛏️ 🪚 🔩 ⚙️ 🪤 ⛓️ 🧲 💣 🧯 🛡️ 🔫 🏺 🔬 🔭 🧪 🧫 "
        "🧬 💉 🩸 💊 🩹 🩺 🚪 🪑 🛋️ 🚽 🚿 🛁 🧹 🧺 🧻 🧼 🪣 🧽 🛒 🗝️ 🔑 🔒 🔓 🔐 🔏 🔍 🔎 📌 📍 📎 🖇️ 📏 📐 "
        "✂️ ✏️ ✒️ 🖊️ 🖋️ 🖌️ 🖍️ 📝 📁 📂 🗂️ 📅 📆 🗓️ 📇 📈 📉 📊 📋 📓 📔 📒 📕 📗 📘 📙 📚 📖 🔖 🏷️ 📰 🗞️ 📜 "
        "📄 📃 📑 🔗 ✉️ 📧 📨 📩 📤 📥 📦 📫 📬 🗳️ 🗃️ 🗄️ 🗑️ 📢 📣 📯 🔔 🔕 🔇 🔈 🔊 🎵 🎶 👓 🕶️ 🥽 🥼 🦺 👔 "
        "👕 👖 🧣 🧤 🧥 🧦 👗 👟 🥾 👑 🎩 🎓 🧢 ⛑️ 🪖 💄 💍 👜 💼 🎒 🧳 ☂️ 🌂 🪧",
    ),
    (
        _("Flags"),
        "🇪🇺 🇺🇳 🇦🇷 🇦🇹 🇦🇺 🇧🇪 🇧🇬 🇧🇷 🇨🇦 🇨🇭 🇨🇱 🇨🇳 🇨🇴 🇨🇿 🇩🇪 🇩🇰 🇪🇪 🇪🇬 🇪🇸 🇫🇮 🇫🇷 🇬🇧 🇬🇷 🇭🇰 🇭🇷 🇭🇺 🇮🇩 🇮🇪 🇮🇱 🇮🇳 🇮🇷 🇮🇸 🇮🇹 "
        "🇯🇵 🇰🇪 🇰🇷 🇱🇹 🇱🇺 🇱🇻 🇲🇦 🇲🇴 🇲🇽 🇲🇾 🇳🇬 🇳🇱 🇳🇴 🇳🇿 🇵🇪 🇵🇭 🇵🇰 🇵🇱 🇵🇹 🇷🇴 🇷🇸 🇷🇺 🇸🇦 🇸🇪 🇸🇬 🇸🇮 🇸🇰 🇹🇭 🇹🇳 🇹🇷 🇹🇼 🇺🇦 🇺🇸 "
        "🇻🇳 🇿🇦",
    ),
]


class EmojiGroup(NamedTuple):
    name: str
    emoji: list[tuple[str, str, str]]  # the sign, its name, and what else finds it


@cache
def list_emoji(language: str) -> list[EmojiGroup]:
    """In ``language``, which is the active one; English names are found in every language."""
    own = "zh" if language.startswith("zh") else "en"
    package.config.load_language(own)
    return [
        EmojiGroup(str(name), [describe_emoji(normalize_emoji(sign), own) for sign in signs.split()])
        for name, signs in GROUPS
    ]


def describe_emoji(sign: str, language: str) -> tuple[str, str, str]:
    facts = package.EMOJI_DATA[sign]
    english, *aliases = [text.strip(":").replace("_", " ") for text in (facts["en"], *facts.get("alias", []))]
    name = str(facts.get(language, facts["en"])).strip(":").replace("_", " ")
    return sign, name, " ".join(dict.fromkeys([english, *aliases]))
