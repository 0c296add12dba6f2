// Errors across a real message channel, as between a worker and the page.
import { MessageChannel } from "node:worker_threads";
import { expose, wrap, type Endpoint } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter";
import { expect, it, onTestFinished } from "vitest";
import { MynahError } from "../../../ts/src/errors.js";
import { carryErrorsWhole } from "../../../ts/src/worker/thrown-errors.js";

async function carried(thrown: unknown): Promise<unknown> {
  carryErrorsWhole();
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const side = {
    fail(): string {
      throw thrown;
    },
  };
  expose(side, nodeEndpoint(port1 as never) as Endpoint);
  const remote = wrap<typeof side>(nodeEndpoint(port2 as never) as Endpoint);
  return remote.fail().then(
    () => expect.fail("expected a rejection"),
    (error: unknown) => error,
  );
}

it("code, message, stack and causes arrive", async () => {
  const root = new RangeError("too big");
  const error = new MynahError("bad-model-file", "no model", { cause: new Error("header", { cause: root }) });
  const arrived = await carried(error);
  expect(arrived).toBeInstanceOf(MynahError);
  expect(arrived).toMatchObject({
    code: "bad-model-file",
    message: "no model",
    cause: { message: "header", cause: { name: "RangeError", message: "too big" } },
  });
});

it("what is no MynahError arrives as an internal one, with itself as the cause", async () => {
  const arrived = await carried(new TypeError("x is not a function"));
  expect(arrived).toMatchObject({
    code: "internal",
    cause: { name: "TypeError", message: "x is not a function" },
  });
});

it("what is no error at all arrives too", async () => {
  expect(await carried("oops")).toMatchObject({ code: "internal", message: expect.stringContaining("oops") });
});
