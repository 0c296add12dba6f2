// A process that may start no workers, by Node's permission model.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const flag = Number(process.versions.node.split(".")[0]) < 23 ? "--experimental-permission" : "--permission";

function run(place: object) {
  const program = path.join(import.meta.dirname, "no-worker.mjs");
  const flags = ["--no-warnings", flag, "--allow-fs-read=*"];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, program, JSON.stringify(place)], {
    encoding: "utf8",
  });
  return { results: JSON.parse(stdout) as unknown, warnings: stderr.trim().split("\n").filter(Boolean) };
}

it("a model works in the thread that made it, and says so once", () => {
  const { results, warnings } = run({});
  expect(results).toEqual([{ hasWorker: false, steps: 2 }, { hasWorker: false, steps: 2 }, { runs: 2 }]);
  expect(warnings).toEqual([expect.stringContaining("mynah: no worker can be started (")]);
});

it("a model that was asked to have a worker is refused", () => {
  const { results, warnings } = run({ worker: true });
  expect(results).toEqual(["worker-crashed", "worker-crashed", "worker-crashed"]);
  expect(warnings).toEqual([]);
});
