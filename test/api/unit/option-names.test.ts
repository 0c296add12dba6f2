// A name that is misspelt is refused by every call that takes options, and the name that was meant is suggested.
import { describe, expect, it } from "vitest";
import { checkOptions } from "../../../ts/src/options/check.js";
import { OPTION_TABLE, optionsOf, type Call } from "../../../ts/src/options/table.js";

/** Of fewer letters a slip leaves too little to guess by. */
const LEAST_LETTERS = 4;

const calls = Object.keys(OPTION_TABLE) as Call[];

describe.each(calls)("%s", (call) => {
  const names = Object.keys(optionsOf(call)).filter((name) => name.length >= LEAST_LETTERS);

  const said = (name: string): string => {
    try {
      checkOptions(call, { [name]: undefined });
    } catch (error) {
      expect(error).toMatchObject({ code: "unknown-option" });
      return (error as Error).message;
    }
    return expect.fail(`${name} was not refused`);
  };

  it("suggests the name with a letter too few, in another case or as the command line has it", () => {
    for (const name of names) {
      const slip = `${name[0]}${name.slice(2)}`;
      const spellings = [name.toUpperCase(), name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
      for (const wrong of [slip, ...spellings]) {
        if (Object.hasOwn(optionsOf(call), wrong)) continue;
        expect(said(wrong), wrong).toContain(`did you mean "${name}"?`);
      }
    }
  });

  it("lists the names where none is near", () => {
    const message = said("xyzzyxyzzyxyzzy");
    expect(message).toContain("xyzzyxyzzyxyzzy");
    for (const name of Object.keys(optionsOf(call))) expect(message).toContain(name);
  });
});
