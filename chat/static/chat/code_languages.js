// The languages that code blocks are coloured in: names, grammar, and the languages that stand within it.
/** @typedef {[names: string, load: () => Promise<any>, inner?: string]} Language */

/** @type {Language[]} */
const LANGUAGES = [
["accesslog log", () => import("./highlight/languages/accesslog.min.js")],
  ["apache apacheconf", () => import("./highlight/languages/apache.min.js")],
  ["awk", () => import("./highlight/languages/awk.min.js")],
  ["bash sh zsh fish ash ksh", () => import("./highlight/languages/bash.min.js")],
  ["c h", () => import("./highlight/languages/c.min.js")],
  ["clojure clj edn", () => import("./highlight/languages/clojure.min.js")],
  ["cmake cmake.in", () => import("./highlight/languages/cmake.min.js")],
  ["cpp cc c++ h++ hpp hh hxx cxx arduino", () => import("./highlight/languages/cpp.min.js")],
  ["csharp cs c#", () => import("./highlight/languages/csharp.min.js")],
  ["css", () => import("./highlight/languages/css.min.js")],
  ["dart", () => import("./highlight/languages/dart.min.js")],
  ["diff patch", () => import("./highlight/languages/diff.min.js")],
  ["django jinja", () => import("./highlight/languages/django.min.js"), "xml"],
  ["dns bind zone", () => import("./highlight/languages/dns.min.js")],
  ["dockerfile docker containerfile", () => import("./highlight/languages/dockerfile.min.js"), "bash"],
  ["dos bat batch cmd", () => import("./highlight/languages/dos.min.js")],
  ["elixir ex exs", () => import("./highlight/languages/elixir.min.js")],
  ["erlang erl", () => import("./highlight/languages/erlang.min.js")],
  ["go golang", () => import("./highlight/languages/go.min.js")],
  ["gradle", () => import("./highlight/languages/gradle.min.js")],
  ["graphql gql", () => import("./highlight/languages/graphql.min.js")],
  ["groovy jenkinsfile", () => import("./highlight/languages/groovy.min.js")],
  ["haskell hs", () => import("./highlight/languages/haskell.min.js")],
  ["http https", () => import("./highlight/languages/http.min.js")],
  ["ini toml systemd service dotenv env cfg", () => import("./highlight/languages/ini.min.js")],
  ["java jsp", () => import("./highlight/languages/java.min.js")],
  ["javascript js jsx mjs cjs node", () => import("./highlight/languages/javascript.min.js")],
  ["json jsonc json5", () => import("./highlight/languages/json.min.js")],
  ["julia", () => import("./highlight/languages/julia.min.js")],
  ["kotlin kt kts ktm ktx", () => import("./highlight/languages/kotlin.min.js")],
  ["lua pluto", () => import("./highlight/languages/lua.min.js")],
  ["makefile mk mak make", () => import("./highlight/languages/makefile.min.js")],
  ["markdown md mkdown mkd", () => import("./highlight/languages/markdown.min.js"), "xml"],
  ["nginx nginxconf conf", () => import("./highlight/languages/nginx.min.js")],
  ["nix nixos", () => import("./highlight/languages/nix.min.js")],
  ["objectivec mm objc obj-c obj-c++ objective-c++", () => import("./highlight/languages/objectivec.min.js")],
  ["ocaml ml", () => import("./highlight/languages/ocaml.min.js")],
  ["perl pl pm", () => import("./highlight/languages/perl.min.js")],
  ["pgsql postgres postgresql", () => import("./highlight/languages/pgsql.min.js")],
  ["php", () => import("./highlight/languages/php.min.js")],
  ["powershell pwsh ps ps1", () => import("./highlight/languages/powershell.min.js")],
  ["properties", () => import("./highlight/languages/properties.min.js")],
  ["protobuf proto", () => import("./highlight/languages/protobuf.min.js")],
  ["puppet pp", () => import("./highlight/languages/puppet.min.js")],
  ["python-repl pycon", () => import("./highlight/languages/python-repl.min.js"), "python"],
  ["python py gyp ipython starlark bzl", () => import("./highlight/languages/python.min.js")],
  ["r", () => import("./highlight/languages/r.min.js")],
  ["ruby rb gemspec podspec thor irb", () => import("./highlight/languages/ruby.min.js")],
  ["rust rs", () => import("./highlight/languages/rust.min.js")],
  ["scala", () => import("./highlight/languages/scala.min.js")],
  ["scss sass less", () => import("./highlight/languages/scss.min.js")],
  ["shell console shellsession", () => import("./highlight/languages/shell.min.js"), "bash"],
  ["sql mysql sqlite", () => import("./highlight/languages/sql.min.js")],
  ["swift", () => import("./highlight/languages/swift.min.js")],
  ["tcl tk", () => import("./highlight/languages/tcl.min.js")],
  ["typescript ts tsx mts cts", () => import("./highlight/languages/typescript.min.js")],
  ["vbnet vb", () => import("./highlight/languages/vbnet.min.js")],
  ["vim", () => import("./highlight/languages/vim.min.js")],
  ["x86asm", () => import("./highlight/languages/x86asm.min.js")],
  [
    "xml html xhtml rss atom xjb xsd xsl plist wsf svg vue",
    () => import("./highlight/languages/xml.min.js"),
    "css javascript",
  ],
  ["yaml yml ansible helm compose", () => import("./highlight/languages/yaml.min.js")],
];

/** @type {Map<string, Language>} */
const byName = new Map(
  LANGUAGES.flatMap((language) => language[0].split(" ").map((name) => /** @type {const} */ ([name, language]))),
);

/**
 * Registers the grammar of a language of that name and resolves to its first name, or to null.
 * @param {any} highlighter
 * @param {string} name
 */
export async function loadLanguage(highlighter, name) {
  const language = byName.get(name);
  if (!language) return null;
  const [names, load, inner = ""] = language;
  const [first] = names.split(" ");
  if (highlighter.getLanguage(first)) return first;
  highlighter.registerLanguage(first, (await load()).default);
  await Promise.all(inner.split(" ").map((other) => loadLanguage(highlighter, other)));
  return first;
}
