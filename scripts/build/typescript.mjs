// ts/src -> build/ts/ by tsc: JavaScript for rollup and declarations for the package.
import fs from "node:fs";
import path from "node:path";
import { buildDir, inRoot } from "../lib/paths.mjs";
import { mustRun } from "../lib/run.mjs";
import { clearStamp, hashOf, isStamped, writeStamp } from "../lib/stamp.mjs";
import { step } from "../lib/step.mjs";
import { wasmFolder } from "./wasm.mjs";

const STAMP = "typescript";

/** Where the compiled JavaScript and the declarations go (outDir of ts/tsconfig.json). */
export const compiledDir = path.join(buildDir, "ts");

/** The compiler's command line, run by Node itself so that it works wherever node_modules/.bin is not on PATH. */
export const tsc = inRoot("node_modules", "typescript", "bin", "tsc");

export function compileTypeScript() {
  const hash = hashOf(
    [inRoot("ts", "src"), inRoot("ts", "tsconfig.json"), path.join(wasmFolder("simd128"), "mynah_wasm.d.ts")],
    [fs.readFileSync(inRoot("node_modules", "typescript", "package.json"), "utf8")],
  );
  return step({
    title: "TypeScript",
    expect: "a few seconds",
    done: () => (isStamped(STAMP, hash) && fs.existsSync(compiledDir) ? "unchanged" : undefined),
    work: async () => {
      clearStamp(STAMP);
      // Emptied first: a module that was renamed would go on living there.
      fs.rmSync(compiledDir, { recursive: true, force: true });
      await mustRun("TypeScript", process.execPath, [tsc, "-p", inRoot("ts")]);
      writeStamp(STAMP, hash);
    },
  });
}
