import { MynahError } from "../errors.js";

/**
 * Does what takes memory as what a caller gives is long: JavaScript tells of too much by a RangeError, as it does of bugs.
 *
 * @param what - what messages call it
 * @throws MynahError `out-of-memory`.
 */
export function withRoom<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MynahError("out-of-memory", `${what} needs more memory than there is (${cause.message})`, {
      cause,
    });
  }
}
