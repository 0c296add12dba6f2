import { transferHandlers } from "comlink";
import { toMynahError } from "../errors.js";

interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: WireError | undefined;
}

const stock = transferHandlers.get("throw");

/**
 * Lets errors cross between threads whole. Comlink's own handler drops `code` and `cause`; this one takes its place, and has to
 * on both sides.
 */
export function carryErrorsWhole(): void {
  if (stock === undefined) throw new Error("comlink has no handler for thrown values");
  transferHandlers.set("throw", {
    canHandle: (value): value is unknown => stock.canHandle(value),
    serialize: (thrown) => [toWire((thrown as { value: unknown }).value), []],
    deserialize: (wire) => {
      throw toMynahError(fromWire(wire as WireError));
    },
  });
}

function toWire(thrown: unknown): WireError {
  if (!(thrown instanceof Error))
    return { name: "Error", message: String(thrown), stack: undefined, code: undefined, cause: undefined };
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack,
    code: "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined,
    cause: "cause" in thrown && thrown.cause !== undefined ? toWire(thrown.cause) : undefined,
  };
}

function fromWire(wire: WireError): Error {
  const error = new Error(
    wire.message,
    wire.cause === undefined ? undefined : { cause: fromWire(wire.cause) },
  );
  const { name, stack, code } = wire;
  return Object.assign(
    error,
    { name },
    stack === undefined ? {} : { stack },
    code === undefined ? {} : { code },
  );
}
