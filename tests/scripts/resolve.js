// A page finds the scripts of all apps below one /static/; on disk each app has its own folder.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SKIPPED = /^(\.|node_modules|var|static-root|tests|bench)/;
const folders = (path) => readdirSync(path, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !SKIPPED.test(entry.name))
  .map((entry) => join(path, entry.name));
const apps = folders(ROOT);
const statics = [...apps, ...apps.flatMap(folders)].map((app) => join(app, "static")).filter(existsSync);

/** The address of a script by its path below /static/. A query makes it, and what it imports, other modules. */
export function find(path) {
  const [name, query] = path.split("?");
  const file = statics.map((folder) => join(folder, name)).find(existsSync);
  if (!file) throw new Error(`no app has the script ${name}`);
  return pathToFileURL(file).href + (query ? `?${query}` : "");
}

export function resolve(specifier, context, nextResolve) {
  const parent = /\/static\/(.+)$/.exec(context.parentURL ?? "");
  if (!parent || !specifier.startsWith(".")) return nextResolve(specifier, context);
  const { pathname } = new URL(specifier, `http://static/${parent[1]}`);
  return nextResolve(find(pathname.slice(1) + new URL(context.parentURL).search), context);
}
