import { MynahError, type ErrorCode } from "./errors.js";

/**
 * A part of the package that is fetched when it is first used, so that nobody waits for what is not.
 *
 * @param what - what messages call it
 * @param part - the `import()`, with its path written out, as bundlers want it
 * @param code - of the error when it could not be fetched
 * @throws MynahError with that code.
 */
export async function fetched<Part>(
  what: string,
  part: Promise<Part>,
  code: ErrorCode = "internal",
): Promise<Part> {
  try {
    return await part;
  } catch (cause) {
    throw new MynahError(code, `mynah's ${what} could not be loaded`, { cause });
  }
}
