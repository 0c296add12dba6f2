// The pages of docs/ as VitePress reads them: copies beside the generated reference, with links that fit the site.
import fs from "node:fs";
import path from "node:path";
import { buildDir, inRoot } from "../lib/paths.mjs";

/** What VitePress makes the site of. */
export const sourceDir = path.join(buildDir, "site", "src");

/** Where links lead whose file is no page of docs/. */
const MOVED = new Map([
  ["../../README.md#in-a-page", "../in-a-page.md"],
  ["../CHANGELOG.md", "changelog.md"],
]);

/** Copies every page, and makes one of CHANGELOG.md and one of the README's part about pages. */
export function copyPages() {
  const docs = inRoot("docs");
  for (const name of fs.readdirSync(docs, { recursive: true, encoding: "utf8" })) copyPage(name);
  write("changelog.md", fs.readFileSync(inRoot("CHANGELOG.md"), "utf8"));
  const [, inAPage = ""] =
    /^## In a page\n([^]*?)^## /m.exec(fs.readFileSync(inRoot("README.md"), "utf8")) ?? [];
  write("in-a-page.md", `# A whole page\n${inAPage.replaceAll("](docs/", "](")}`);
}

/** Copies a page whenever it is saved. */
export function watchPages() {
  fs.watch(inRoot("docs"), { recursive: true }, (_, name) => {
    if (name !== null && fs.existsSync(inRoot("docs", name))) copyPage(name);
  });
}

/** @param {string} name */
function copyPage(name) {
  const from = inRoot("docs", name);
  if (fs.statSync(from).isDirectory()) return;
  if (name.endsWith(".md")) write(name, withSiteLinks(fs.readFileSync(from, "utf8")));
  else write(name, fs.readFileSync(from));
}

/** @param {string} text */
function withSiteLinks(text) {
  return text.replaceAll(/\]\(([^)\s]+)\)/g, (link, target) => {
    const moved = MOVED.get(target);
    return moved === undefined ? link : `](${moved})`;
  });
}

/**
 * @param {string} name
 * @param {string | Buffer} content
 */
function write(name, content) {
  const to = path.join(sourceDir, name);
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.writeFileSync(to, content);
}
