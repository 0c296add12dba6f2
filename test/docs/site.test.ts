// The site can be built, has every page of docs/ in its sidebar, and the pages that it says.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import site from "../../site/.vitepress/config.mjs";
import { installSitePackages } from "../../scripts/docs/site-packages.mjs";
import { TerminalScreen } from "../../scripts/docs/terminal-screen.mjs";
import { terminalSvg } from "../../scripts/docs/terminal-svg.mjs";
import { root } from "../support/places.js";
import { pages } from "./samples.js";

const links = site.themeConfig.sidebar
  .flatMap(({ items }: { items: { link?: string }[] }) => items.map(({ link }) => link ?? ""))
  .filter((link: string) => link !== "" && !link.startsWith("/rust/") && !link.startsWith("/api/"));

it("lists every page once", () => {
  const names = pages()
    .filter((page) => page.startsWith("docs/") && page !== "docs/index.md")
    .map((page) => page.replace(/^docs(.*)\.md$/, "$1"));
  expect(links.toSorted()).toEqual(names.toSorted());
});

// VitePress fails where a link of a page leads nowhere, or a page cannot be made. 20 s, and 5 to 40 s once for the site's packages
// (two cores, 2026-11-26).
it("can be built, without a dead link", async ({ skip }) => {
  const failure = await installSitePackages().catch((error: unknown) => error);
  if (failure !== undefined) skip(`the site's packages are not here, nor to be had: ${String(failure)}`);
  const built = path.join(root, "build", "site", "out");
  fs.rmSync(built, { recursive: true, force: true });
  const program = [path.join(root, "scripts", "docs.mjs")];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: root, encoding: "utf8" });
  expect(status, `${stdout}${stderr}`).toBe(0);
  for (const page of [
    "index.html",
    "in-a-page.html",
    "changelog.html",
    "api/index.html",
    "rust/mynah_nn/index.html",
  ])
    expect(fs.existsSync(path.join(built, page)), page).toBe(true);
});

it("is made by packages that no user installs", () => {
  const read = (file: string) => JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>;
  expect(read("package.json")).not.toHaveProperty("dependencies");
  expect(read("site/package.json")).toMatchObject({ private: true });
});

describe("the picture of a terminal", () => {
  const ESCAPE = "\u001b[";
  const screen = (output: string) => {
    const terminal = new TerminalScreen(10);
    terminal.write(output);
    return terminal.lines.map((runs) => runs.map(({ text }) => text).join(""));
  };

  it("draws over what was there, and takes away what is left of it", () => {
    const first = "one\r\ntwo and\r\nthree\r\n";
    expect(screen(`${first}${ESCAPE}3A\rfour${ESCAPE}K\r\nfive${ESCAPE}K\r\n${ESCAPE}J`)).toEqual([
      "four",
      "five",
      "",
    ]);
  });

  it("goes on in the next line where one is full", () => {
    expect(screen("a line of words")).toEqual(["a line of ", "words"]);
  });

  it("keeps styles apart, shows one picture after the other, and the last to who wants no motion", () => {
    const terminal = new TerminalScreen(20);
    terminal.write(`${ESCAPE}1mbold${ESCAPE}22m & ${ESCAPE}36m█⣀${ESCAPE}39m`);
    expect(terminal.lines).toEqual([
      [
        { column: 0, text: "bold", style: "bold" },
        { column: 4, text: " & ", style: "" },
        { column: 7, text: "█⣀", style: "accent" },
      ],
    ]);
    const svg = terminalSvg([terminal.lines, terminal.lines], 20, "a < b");
    expect(svg).toContain("<title>a &lt; b</title>");
    expect(svg).toMatch(/<text class="bold"[^>]*>bold<\/text>/);
    expect(svg).toMatch(/<text[^>]*> &amp;<\/text>/);
    expect(svg.match(/<g class="p/g)).toHaveLength(2);
    expect(svg.match(/class="p last"/g)).toHaveLength(1);
  });
});
