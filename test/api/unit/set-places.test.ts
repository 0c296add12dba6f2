// What `configure` of mynah/slim, which knows of a worker, takes for one. test/api/core.test.ts has what else it refuses.
import { afterEach, expect, it } from "vitest";
import { failedStart, noteFailedStart } from "../../../ts/src/platform/failed-start.js";
import { NotStarted } from "../../../ts/src/platform/platform.js";
import { setPlaces } from "../../../ts/src/platform/set-places.js";

const configure = (places: object) => setPlaces("mynah/slim", places, ["wasm", "corpora", "worker"]);

afterEach(() => noteFailedStart(undefined));

it.each([
  [null, "null"],
  [7, "7"],
  [false, "false"],
])("refuses %j as a worker", (worker, got) => {
  const message = `configure: worker is ${got}, but must be a URL, or a function that starts it`;
  expect(() => configure({ worker })).toThrow(expect.objectContaining({ code: "invalid-option", message }));
});

it.each([["/worker.js"], [new URL("https://example.org/worker.js")], [() => ({})]])(
  "takes %s as a worker, and forgets that none could be started",
  (worker) => {
    noteFailedStart(new NotStarted("a policy forbids it"));
    configure({ corpora: { fables: "/fables.txt" } });
    expect(failedStart(), "which has nothing to do with the texts").toBeDefined();
    configure({ worker });
    expect(failedStart()).toBeUndefined();
  },
);
