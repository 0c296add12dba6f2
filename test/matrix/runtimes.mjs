// Rows without pages: runtimes, compilers, and programs that look at packages.
import fs from "node:fs";
import path from "node:path";
import assert from "node:assert/strict";
import { atLeast } from "../../scripts/lib/text.mjs";
import { inProject, NotRun, toolFolder } from "./matrix.mjs";
import { judged } from "./page.mjs";
import { LOW_MEMORY } from "./pages.mjs";

const node = () => `Node ${process.versions.node}`;

/**
 * A row that runs a program and reads what it prints last.
 *
 * @param {(project: import("./matrix.mjs").MatrixProject) => string} run
 */
const printed =
  (run) =>
  /** @param {import("./matrix.mjs").Matrix} matrix */
  (matrix) =>
    inProject(matrix, "runtime", [], (project) =>
      judged(JSON.parse(run(project).trim().split("\n").at(-1) ?? "")),
    );

/**
 * A program of an npm package of which there is one for each platform.
 *
 * @param {string} scope such as "@deno"
 * @param {string} program path in the package
 */
function platformProgram(scope, program) {
  const folder = toolFolder(scope);
  const file = fs
    .readdirSync(folder)
    .map((it) => path.join(folder, it, program))
    .find((it) => fs.existsSync(it));
  if (file === undefined) throw new NotRun(`${scope} has no program for this platform`);
  return file;
}

/** @param {"nodenext" | "bundler"} resolution */
const compiled =
  (resolution) =>
  /** @param {import("./matrix.mjs").Matrix} matrix */
  (matrix) =>
    inProject(matrix, "runtime", [], (project) => {
      project.tool("typescript", ["-p", `tsconfig.${resolution}.json`], "tsc");
      return "every entry, strict";
    });

/** @type {import("./rows.mjs").Row[]} */
export const runtimes = [
  {
    name: "node-import",
    what: "Node, `import`",
    kind: "other",
    isQuick: true,
    version: node,
    run: printed((project) => project.run("node", ["write.mjs"])),
  },
  {
    name: "node-require",
    what: "Node, `require` (from 20.19 on)",
    kind: "other",
    isQuick: true,
    version: node,
    async run(matrix) {
      if (!atLeast(process.versions.node, "20.19"))
        throw new NotRun("Node requires no ES module before 20.19");
      return printed((project) => project.run("node", ["--no-warnings", "write.cjs"]))(matrix);
    },
  },
  {
    name: "low-memory",
    what: "Node, a worker of one's own with 128 MB, `mynah/core`",
    kind: "other",
    isQuick: true,
    version: node,
    run: (matrix) =>
      inProject(matrix, "runtime", [], (project) => {
        const result = JSON.parse(project.run("node", [...LOW_MEMORY, "low-memory.mjs"]));
        assert.equal(result.tooLarge, "out-of-memory", "a model that is too large is refused");
        return `${judged(result, { hasWorker: false })}; a gru of 256 units; one of 4,096 is refused (\`out-of-memory\`)`;
      }),
  },
  {
    name: "typescript-nodenext",
    what: "TypeScript, `moduleResolution: nodenext`",
    tools: ["typescript"],
    kind: "other",
    isQuick: true,
    run: compiled("nodenext"),
  },
  {
    name: "typescript-bundler",
    what: "TypeScript, `moduleResolution: bundler`",
    tools: ["typescript"],
    kind: "other",
    isQuick: true,
    run: compiled("bundler"),
  },
  {
    name: "deno",
    what: "Deno",
    tools: ["deno"],
    kind: "other",
    run: printed((project) =>
      project.run(platformProgram("@deno", "deno"), ["run", "--allow-all", "--no-lock", "write.mjs"]),
    ),
  },
  {
    name: "bun",
    what: "Bun",
    tools: ["bun"],
    kind: "other",
    run: printed((project) => project.run(platformProgram("@oven", "bin/bun"), ["write.mjs"])),
  },
  {
    name: "publint",
    what: "publint, strict",
    tools: ["publint"],
    kind: "other",
    run: (matrix) =>
      inProject(matrix, "runtime", ["publint"], (project) => {
        const said = project.tool("publint", ["run", "node_modules/mynah", "--strict", "--pack", "false"]);
        assert.match(said, /All good/);
        return "nothing to say";
      }),
  },
  {
    name: "attw",
    what: "@arethetypeswrong/cli",
    tools: ["@arethetypeswrong/cli"],
    kind: "other",
    run: (matrix) =>
      inProject(matrix, "runtime", ["@arethetypeswrong/cli"], (project) => {
        const args = [matrix.tarball, "--profile", "esm-only", "--no-emoji"];
        project.tool("@arethetypeswrong/cli", args, "attw");
        return "no problems, as ES modules";
      }),
  },
];
