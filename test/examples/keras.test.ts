// The classic Keras program, as it is.
import { expect, it } from "vitest";
import { runExample } from "./program.js";

it("the classic Keras program runs", async () => {
  const { code, stdout } = await runExample("keras", ["--epochs", "1"]);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^[\d]+ names; as Keras wants them \d+ x \d+, and \d+ x \d+ x \d+ for the loss$/);
  expect(
    lines.filter((line) => /^step \d+: loss \d\.\d+, on held-out names \d\.\d+$/.test(line)),
  ).toHaveLength(10);
  expect(stdout).toMatch(/^loss \d\.\d{3}, accuracy \d+\.\d %$/m);
});
