import { afterEach, expect, it, vi } from "vitest";
import { explainFailure } from "../../../ts/src/cli/exit.js";
import { writeNote } from "../../../ts/src/cli/output.js";
import { MynahError } from "../../../ts/src/errors.js";

afterEach(() => vi.restoreAllMocks());

it("a note keeps its lines, and nothing that a terminal obeys", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  writeNote("a\u001B[31mred\u001B[0m tensor\u0007\nand \u009B2J more \u202Eback");
  expect(write).toHaveBeenCalledWith("a\uFFFD[31mred\uFFFD[0m tensor\uFFFD\nand \uFFFD2J more \uFFFDback\n");
});

it("the advice about texts that are not new names a flag", () => {
  const error = new MynahError("no-new-text", 'only 1 of 5 is new; write with a higher "temperature"');
  expect(explainFailure(error).sentence).toBe("only 1 of 5 is new; write with a higher --temperature");
});

it("the sentence about a failure is one line, whatever a file puts into it", () => {
  const error = new MynahError("bad-model-file", "it lacks x\r\nmynah: all is well\u001B[8m");
  expect(explainFailure(error)).toEqual({ status: 1, sentence: "it lacks x mynah: all is well\uFFFD[8m" });
});
