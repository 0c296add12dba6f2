// What a call is expected to throw.
import { expect } from "vitest";
import { MynahError, type ErrorCode } from "mynah";

/** The error that a call rejects with, after checking its class, code and words. */
export async function failure(
  call: PromiseLike<unknown>,
  code: ErrorCode,
  ...words: readonly string[]
): Promise<MynahError> {
  const error = await call.then(
    (value) => expect.fail(`expected ${code}, but it came to ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MynahError)) throw new Error(`expected a MynahError`, { cause: error });
  expect(error).toMatchObject({ name: "MynahError", code });
  for (const word of words) expect(error.message).toContain(word);
  return error;
}
