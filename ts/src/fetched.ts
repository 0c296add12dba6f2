import { MynahError } from "./errors.js";

/**
 * A part of the package that is fetched when it is first used, so that nobody waits for what is not.
 *
 * @param what - what messages call it
 * @param part - the `import()`, with its path written out, as bundlers want it
 * @throws MynahError `internal` when it could not be fetched.
 */
export async function fetched<Part>(what: string, part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (cause) {
    throw new MynahError("internal", `mynah's ${what} could not be loaded`, { cause });
  }
}
