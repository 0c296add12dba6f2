// The code of docs/ can be copied as it stands, at least as far as its names go.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const docs = new URL("../../../docs/", import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith(".md"));

it.each(pages)("no block of %s declares a name twice", (page) => {
  const blocks = readFileSync(new URL(page, docs), "utf8").matchAll(/^```(?:js|ts)\n([^]*?)^```/gm);
  for (const [, code = ""] of blocks) {
    // Those within functions may come again.
    const names = [...code.matchAll(/^(?:const|let) (\w+)/gm)].map(([, name]) => name);
    expect(names, code).toEqual([...new Set(names)]);
  }
});
