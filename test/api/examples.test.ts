// The example that is run as it is; that with the pictures has a test of its own.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the classic Keras program runs", async () => {
  const file = fileURLToPath(new URL("../../examples/keras-program.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, "1"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^[\d]+ names; as Keras wants them \d+ x \d+, and \d+ x \d+ x \d+ for the loss$/);
  expect(
    lines.filter((line) => /^step \d+: loss \d\.\d+, on held-out names \d\.\d+$/.test(line)),
  ).toHaveLength(10);
  expect(stdout).toMatch(/^loss \d\.\d{3}, accuracy \d+\.\d %$/m);
});
