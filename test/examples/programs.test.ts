// The list of the programs: what `npm run example` prints, what ts/examples/README.md says, and that each has a test.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { examplesDir, programs } from "../../scripts/example/programs.mjs";
import { root } from "../support/places.js";

const names = programs().map(({ name }) => name);

const example = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(root, "scripts", "example.mjs"), ...args], { encoding: "utf8" });

it("are all in the table, with their commands", () => {
  const readme = fs.readFileSync(path.join(examplesDir, "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| \[`([\w-]+)`\]\(\1\) +\|.+\| `npm run example -- \1`/gm)];
  expect(rows.map(([, name]) => name).toSorted()).toEqual(names);
});

describe.each(programs())("$name", ({ name, title }) => {
  it("says in its first line what it does, and has a test", () => {
    expect(title).toMatch(/^A .+\.$|^An .+\.$/);
    expect(fs.existsSync(path.join(import.meta.dirname, `${name}.test.ts`))).toBe(true);
  });
});

describe.each(programs().filter(({ isPage }) => isPage))("the page of $name", ({ name }) => {
  it("is read on a phone, and says in which language it is", () => {
    const page = fs.readFileSync(path.join(examplesDir, name, "index.html"), "utf8");
    expect(page).toContain('<html lang="en">');
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1" />');
  });
});

describe("npm run example", () => {
  it("lists them", () => {
    const { status, stdout } = example();
    expect(status).toBe(0);
    expect([...stdout.matchAll(/^ {2}([\w-]+) +\S/gm)].map(([, name]) => name)).toEqual(names);
  });

  it("leaves standard output to the program", () => {
    const { status, stdout, stderr } = example("keras", "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}--epochs .+\n$/);
    expect(stderr).toMatch(/^✓ /m);
  });

  it("refuses what is none of them, and lists them", () => {
    const { status, stderr } = example("dinosaurs");
    expect(status).toBe(2);
    expect(stderr).toContain("There is no example dinosaurs");
    expect(names.filter((name) => !stderr.includes(name))).toEqual([]);
  });
});
