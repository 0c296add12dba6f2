// Before anything else the set-up looks at Node and Rust; what it says has to be one sentence that helps.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeProblem } from "../../scripts/lib/launch.mjs";
import { atLeast } from "../../scripts/lib/text.mjs";

const setup = path.resolve("scripts/setup.mjs");
let bin: string;

beforeEach(() => {
  bin = fs.mkdtempSync(path.join(os.tmpdir(), "mynah-bin-"));
});
afterEach(() => fs.rmSync(bin, { recursive: true }));

/** Puts a program on the PATH of `runSetup` that prints the line whatever it is asked. */
const fake = (name: string, line: string) =>
  fs.writeFileSync(path.join(bin, name), `#!/bin/sh\necho '${line}'\n`, { mode: 0o755 });

function runSetup(nodeOptions: string[] = []) {
  const result = spawnSync(process.execPath, [...nodeOptions, setup], {
    env: { PATH: bin },
    encoding: "utf8",
  });
  return { code: result.status, said: (result.stdout + result.stderr).trim() };
}

describe("Node", () => {
  it.each(["20.0.0", "20.18.3", "22.3.0", "24.1.0", "26.10.0"])("%s will do to build", (version) => {
    expect(nodeProblem(version, false)).toBeUndefined();
  });

  it.each(["20.19.0", "22.12.0", "23.0.0", "26.10.0"])("%s will do to test", (version) => {
    expect(nodeProblem(version, true)).toBeUndefined();
  });

  it.each(["18.20.4", "20.18.3", "21.7.0", "22.11.0"])("%s will not do to test", (version) => {
    expect(nodeProblem(version, true)).toContain(`this is Node ${version}`);
  });

  it("too old: the set-up says so in one line and fails", () => {
    const pretend =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.4" } })';
    const { code, said } = runSetup(["--import", `data:text/javascript,${encodeURIComponent(pretend)}`]);
    expect(said).toBe(
      "mynah needs Node 20 or newer for this, and this is Node 18.20.4: install the current LTS version from https://nodejs.org and run this again.",
    );
    expect(code).toBe(1);
  });
});

describe("Rust", () => {
  it("missing: the set-up says what to install and fails", () => {
    const { code, said } = runSetup();
    expect(said).toMatch(
      /^mynah is built with Rust [\d.]+ or newer, and `cargo` is not here: install it with rustup from https:\/\/rustup.rs/,
    );
    expect(said.split("\n")).toHaveLength(1);
    expect(code).toBe(1);
  });

  it("too old: the set-up says how to update and fails", () => {
    fake("cargo", "cargo 1.70.0 (ec8a8a0ca 2023-04-25)");
    const { code, said } = runSetup();
    expect(said).toMatch(
      /^mynah is built with Rust [\d.]+ or newer, and `cargo` here is 1.70.0: run `rustup update stable`, then run this again.$/,
    );
    expect(code).toBe(1);
  });
});

describe("comparing versions", () => {
  it.each([
    ["1.88.0", "1.88"],
    ["1.100.0", "1.88"],
    ["2.0", "1.88.1"],
    ["1.95.0-nightly", "1.95"],
  ])("%s is at least %s", (version, least) => {
    expect(atLeast(version, least)).toBe(true);
  });

  it.each([
    ["1.87.9", "1.88"],
    ["0.9.99", "0.13.0"],
    ["1.88", "1.88.1"],
  ])("%s is not at least %s", (version, least) => {
    expect(atLeast(version, least)).toBe(false);
  });
});
