/* eslint max-len: ["error", 140] -- a table */
// A small set of emoji by their usual short names: to complete `:smi` in the composer and for the picker.
const TABLE = `
👍 thumbsup|✅ check|🎉 tada|❤️ heart|😄 smile|😂 joy|🙏 pray|👎 thumbsdown|👀 eyes|🚀 rocket|🔥 fire|💯 100
😀 grinning|😃 smiley|😁 grin|😅 sweat_smile|🙂 slight_smile|😉 wink|😊 blush|😍 heart_eyes|😘 kiss|😎 sunglasses|🤔 thinking|😐 neutral
😴 sleeping|😢 cry|😭 sob|😡 rage|😱 scream|🤯 mind_blown|😬 grimacing|🙄 eye_roll|🤷 shrug|🤦 facepalm|🥳 partying|😇 innocent
👋 wave|👏 clap|🙌 raised_hands|💪 muscle|🤝 handshake|✌️ victory|👌 ok_hand|🫡 salute|☝️ point_up|👇 point_down|👉 point_right|🤞 crossed_fingers
⚠️ warning|❌ x|❓ question|❗ exclamation|🚨 rotating_light|🛑 stop|🐛 bug|🔧 wrench|🔨 hammer|⚙️ gear|📈 chart_up|📉 chart_down
🕐 clock|⏳ hourglass|📌 pin|📎 paperclip|🔗 link|🔒 lock|🔑 key|💡 bulb|📝 memo|📦 package|🗑️ wastebasket|💾 floppy
☕ coffee|🍵 tea|🍕 pizza|🍰 cake|🍺 beer|🌧️ rain|☀️ sunny|🌈 rainbow|⭐ star|✨ sparkles|🎂 birthday|🐢 turtle`;

/** `[character, name]`, the most wanted first. */
export const emoji = TABLE.trim().split(/[|\n]/).map((entry) => entry.split(" "));
