import { expect, it } from "vitest";
import {
  nextCommands,
  nextFillCommands,
  quote,
  resumeCommand,
  suggestPrompt,
} from "../../../ts/src/cli/next-commands.js";

it.each([
  ["The Crow and the Two Wells\n\nThere were", "The Crow "],
  ["\n\nOnce upon a time", "Once upon "],
  ["Protoceratops\nPellegrinisaurus\n", "Pro"],
  ["乌龟送信\n\n山羊和熊吵了一架。山羊气得", "山羊和"],
  ["ab", "ab"],
])("a prompt from %j is %j", (text, prompt) => {
  expect(suggestPrompt(text)).toBe(prompt);
});

it.each([
  ["notes.safetensors", "notes.safetensors"],
  ["my notes.txt", "'my notes.txt'"],
  ["it's", `'it'\\''s'`],
  ["$HOME", "'$HOME'"],
  ["", "''"],
])("%s is quoted as %s", (argument, quoted) => {
  expect(quote(argument)).toBe(quoted);
});

it("the commands can be pasted", () => {
  expect(nextCommands("a b.safetensors", "Once upon a time")).toEqual([
    "npx mynah sample 'a b.safetensors' --prompt 'Once upon ' --temperature 0.6",
    "npx mynah sample 'a b.safetensors' --prompt 'Once upon ' --temperature 1",
    "npx mynah inspect 'a b.safetensors'",
  ]);
});

it("so can those of a model that reads from both ends", () => {
  expect(nextFillCommands("a b.safetensors", "\n The crow and the fox")).toEqual([
    "npx mynah fill 'a b.safetensors' 'T_e c_ow _nd _he _ox'",
    "npx mynah fill 'a b.safetensors' 'T_e c_ow _nd _he _ox' --temperature 1",
    "npx mynah inspect 'a b.safetensors'",
  ]);
});

it("so can the one that goes on", () => {
  expect(resumeCommand({ kind: "file", path: "my notes.txt" }, "notes.safetensors")).toBe(
    "npx mynah train 'my notes.txt' --resume notes.safetensors",
  );
  expect(resumeCommand({ kind: "corpus", name: "fables" }, "a b")).toBe(
    "npx mynah train --corpus fables --resume 'a b'",
  );
});
