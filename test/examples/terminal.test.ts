// What the programs for Node share: options and what is said of them.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { programs } from "../../scripts/example/programs.mjs";
import { runExample } from "./program.js";

describe.each(programs().filter(({ isPage }) => !isPage))("$name", ({ name, file }) => {
  it("prints a line for each of its options, with all that it names in its first lines", async () => {
    const { code, stdout, stderr } = await runExample(name, ["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const listed = [
      ...stdout.matchAll(/^ {2}(--[a-z]+) +\S.+ \((?:a file|a number|a whole number|one of).*\)$/gm),
    ];
    expect(listed).toHaveLength(stdout.split("\n").length - 1);
    const comment = /^(?:\/\/.*\n)+/.exec(fs.readFileSync(file, "utf8"))?.[0] ?? "";
    const shown = [...comment.matchAll(/ (--[a-z]+)/g)].map(([, option]) => option);
    expect(shown.length).toBeGreaterThan(0);
    expect(listed.map(([, option]) => option)).toEqual(expect.arrayContaining([...new Set(shown)]));
  });
});

it.each([
  [["--count", "0"], '--count is "0", but must be a whole number from 1 to 100000'],
  [["--count", "1.5"], '--count is "1.5", but must be a whole number from 1 to 100000'],
  [["--count", " "], '--count is " ", but must be a whole number from 1 to 100000'],
  [["--count"], '--count is "", but must be a whole number from 1 to 100000'],
  [["--temperature", "-1"], '--temperature is "-1", but must be a number from 0 to 100'],
  [["--temperature=-1"], '--temperature is "-1", but must be a number from 0 to 100'],
  [["--temperature", "hot"], '--temperature is "hot", but must be a number from 0 to 100'],
  [["--out="], '--out is "", but must be a file'],
  [["--colour", "red"], "There is no option --colour; --help lists those that there are"],
  [["--constructor"], "There is no option --constructor; --help lists those that there are"],
  [["-o"], "There is no option -o; --help lists those that there are"],
  [["names.txt"], "There is no option names.txt; --help lists those that there are"],
])("%j is refused in a sentence, with 2", async (args, words) => {
  const { code, stdout, stderr } = await runExample("unique-names", args);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: `${words}\n` });
});
