import type { Command } from "commander";
import { EXIT } from "../exit.js";
import { manualPage } from "../manual-page.js";
import { outlineOf } from "../outline.js";
import { writeOut } from "../output.js";

/** `mynah manual`: prints the manual page. Returns the exit status. */
export function manual(program: Command, version: string): number {
  writeOut(manualPage(outlineOf(program), version));
  return EXIT.done;
}
