import type { Command } from "commander";
import { bashCompletion } from "../completion/bash.js";
import { fishCompletion } from "../completion/fish.js";
import { zshCompletion } from "../completion/zsh.js";
import { EXIT } from "../exit.js";
import { outlineOf, type Outline } from "../outline.js";
import { writeOut } from "../output.js";
import type { Shell } from "../shells.js";

const SCRIPTS: Readonly<Record<Shell, (outline: Outline) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `mynah completion`: prints what a shell needs to complete the command. Returns the exit status. */
export function completion(program: Command, shell: Shell): number {
  writeOut(SCRIPTS[shell](outlineOf(program)));
  return EXIT.done;
}
