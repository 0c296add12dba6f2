// Every code sample of the documentation does what it is there to show: it is run as it stands, in a folder with small texts, or a
// comment above it says why not.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { transform } from "esbuild";
import { loadCorpus, TextModel } from "mynah";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "vite";
import { launchChromium, whyNoChromium } from "../support/chromium.js";
import { root } from "../support/places.js";
import { serve } from "../../scripts/lib/static-server.mjs";
import { pages, samplesOf, type Language, type Sample } from "./samples.js";
import { Workplace } from "./workplace.js";

// README.zh.md has the samples of README.md, which a test of its own makes sure of.
const samples = pages()
  .filter((page) => page !== "README.zh.md")
  .flatMap(samplesOf);

const of = (...languages: Language[]) => samples.filter(({ language }) => languages.includes(language));
const run = (them: Sample[]) => them.filter(({ treatment }) => treatment === "run");
const script = of("ts", "js");

/** The README's samples for a shell train five models; beside other work that takes minutes. */
const MANY_COMMANDS_MS = 900_000;

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open();
});
afterAll(() => place?.[Symbol.dispose]());

/** The sample as a module, with a first line that brings what it is given. */
function moduleOf({ code, given }: Sample): string {
  const first = given.length === 0 ? "export {};" : `import { ${given.join(", ")} } from "./given.js";`;
  return `${first}\n${code}\n`;
}

describe("samples for Node", () => {
  beforeAll(async () => {
    const given = fs.readFileSync(path.join(import.meta.dirname, "project", "given.ts"), "utf8");
    fs.writeFileSync(place.file("given.js"), (await transform(given, { loader: "ts" })).code);
    fs.copyFileSync(path.join(import.meta.dirname, "project", "run.js"), place.file("run.js"));
  });

  it.each(run(script))("$place runs", async (sample) => {
    const { code } = await transform(moduleOf(sample), { loader: "ts", target: "esnext" });
    fs.writeFileSync(place.file("sample.js"), code);
    const { status, output } = place.run(process.execPath, ["run.js"]);
    expect(status, output).toBe(0);
  });
});

it("a job of docs/guides/node.md that is told to end keeps a checkpoint, and says so by its status", async () => {
  const folder = place.file("job");
  const checkpoint = path.join(folder, "job.safetensors");
  const text = await loadCorpus("fables");
  const job = samplesOf("docs/guides/node.md").find(({ code }) => code.includes("SIGTERM"))?.code ?? "";
  expect(job).toContain("everySeconds: 60");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "notes.txt"), text);
  fs.writeFileSync(path.join(folder, "job.mjs"), job.replace("everySeconds: 60", "everySeconds: 1"));
  const child = spawn(process.execPath, ["job.mjs"], { cwd: folder });
  const ended = once(child, "exit");
  // It trains when it has saved itself for the first time; what is there after the signal is the signal's.
  await expect.poll(() => fs.existsSync(checkpoint), { timeout: 60_000 }).toBe(true);
  fs.rmSync(checkpoint);
  child.kill("SIGTERM");
  expect(await ended).toEqual([130, null]);
  const model = await TextModel.load(fs.readFileSync(checkpoint));
  const { done } = await model.resume({ text }).next();
  expect(done).toBe(false);
  await model.dispose();
});

describe("samples with types", () => {
  const settings = {
    target: "es2024",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2024", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
    typeRoots: [path.join(root, "node_modules", "@types")],
    types: ["node"],
    resolveJsonModule: true,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };

  // JavaScript has no types to annotate parameters with.
  it.each([
    ["ts", true],
    ["js", false],
  ] as const)("%s passes a strict compiler", (language, noImplicitAny) => {
    const them = of(language);
    expect(them).not.toEqual([]);
    fs.copyFileSync(path.join(import.meta.dirname, "project", "given.ts"), place.file("given.ts"));
    const names = them.map((sample) => {
      const name = `${sample.place.replaceAll(/\W/g, "-")}.ts`;
      fs.writeFileSync(place.file(name), moduleOf(sample));
      return name;
    });
    const config = { compilerOptions: { ...settings, noImplicitAny }, files: names };
    fs.writeFileSync(place.file("tsconfig.json"), JSON.stringify(config));
    const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
    const { status, output } = place.run(process.execPath, [tsc, "-p", "tsconfig.json"]);
    expect(status, output).toBe(0);
  });
});

describe("samples for a shell", () => {
  it.each(run(of("sh")))(
    "$place runs",
    ({ code }) => {
      const lines = code.split("\n").filter((line) => line.trim() !== "");
      expect(lines).not.toEqual([]);
      for (const line of lines) {
        const [, checkpoint] = /--resume (\S+)/.exec(line) ?? [];
        if (checkpoint !== undefined) place.interrupt(checkpoint);
        const { status, output } = place.run("bash", ["-o", "pipefail", "-c", line]);
        expect(status, `${line}\n${output}`).toBe(0);
      }
    },
    MANY_COMMANDS_MS,
  );

  it.each(of("sh").filter(({ treatment }) => treatment === "not run"))(
    "$place names scripts and files that are there",
    ({ code }) => {
      const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as {
        scripts: Record<string, string>;
      };
      for (const [, name = ""] of code.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:]+)/g)) {
        expect(scripts).toHaveProperty([name]);
      }
      for (const [, file = ""] of code.matchAll(/\b(?:node|python) ([\w/.-]+)/g)) {
        expect(fs.existsSync(path.join(root, file)), file).toBe(true);
      }
    },
  );
});

describe.skipIf(whyNoChromium !== undefined)("samples for a page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.each(run(of("html")))("$place learns and writes", async ({ code }) => {
    fs.writeFileSync(place.file("index.html"), code);
    await build({ root: place.folder, logLevel: "error", build: { outDir: "page", emptyOutDir: true } });
    await using server = await serve({ "/": place.file("page") });
    const page = await browser.newPage();
    await page.goto(`${server.url}/`);
    await page.locator("textarea").fill(fs.readFileSync(place.file("notes.txt"), "utf8"));
    await page.locator("button").click();
    const output = page.locator("pre");
    // The sample has given itself 30 seconds, and then writes 200 symbols.
    await expect.poll(() => output.textContent(), { timeout: 100_000 }).toMatch(/^The [^]{100}/);
    await page.close();
  });
});

it("leaves nothing out without a reason", () => {
  const unexplained = samples.filter(({ treatment, reason }) => treatment !== "run" && reason === undefined);
  expect(unexplained).toEqual([]);
  expect(run(samples).length).toBeGreaterThan(samples.length / 2);
});
