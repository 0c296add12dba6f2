// The HTTP service that streams text.
import fs from "node:fs";
import path from "node:path";
import { TextModel } from "mynah";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../support/places.js";
import { runExample, startExample, type Running } from "./program.js";

const { folder, remove } = temporaryFolder("http-stream");
const file = path.join(folder, "model.safetensors");

beforeAll(async () => {
  await using model = await TextModel.create({ corpus: "fables", hiddenSize: 32 });
  await model.train({ corpus: "fables", steps: 20 });
  fs.writeFileSync(file, await model.save());
});
afterAll(remove);

/** Where it answers, once it does. */
async function addressOf({ child }: Running): Promise<string> {
  let printed = "";
  for await (const piece of child.stdout) {
    printed += String(piece);
    const [url] = /^http:\/\/127\.0\.0\.1:\d+\//m.exec(printed) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`It ended before it served: ${printed}`);
}

describe("a service of a model", () => {
  let running: Running;
  let url: string;
  beforeEach(async () => {
    running = startExample("http-stream", ["--model", file, "--port", "0", "--workers", "2"]);
    url = await addressOf(running);
  });
  afterEach(async () => {
    running.child.kill("SIGKILL");
    await running.ended;
  });

  const ask = (query: string, headers = {}) => fetch(`${url}?${query}`, { headers });
  const read = async (query: string) => (await ask(query)).text();

  it("sends text piece by piece", async () => {
    const response = await ask("prompt=The%20&length=50000&seed=1");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    const pieces: string[] = [];
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) {
      pieces.push(decoder.decode(piece, { stream: true }));
    }
    expect(pieces.length).toBeGreaterThan(5);
    expect([...pieces.join("")]).toHaveLength(50_000);
  });

  it("writes what the model itself writes with this seed, for two at once and for each alone", async () => {
    const options = { prompt: "The ", length: 3000, temperature: 0.5, seed: 7 };
    const query = new URLSearchParams({ prompt: "The ", length: "3000", temperature: "0.5", seed: "7" });
    const [one, two] = await Promise.all([read(query.toString()), read("length=3000&seed=8")]);
    await using model = await TextModel.load(fs.readFileSync(file));
    expect(one).toBe(await model.sampleText(options));
    expect(two).not.toBe(one);
    expect(await read("length=3000&seed=8")).toBe(two);
  });

  it("sends events to whoever accepts them", async () => {
    const response = await ask("length=2000&seed=7", { Accept: "text/event-stream" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text()).split("\n\n");
    expect(events.splice(-2)).toEqual(["event: end\ndata: ", ""]);
    const text = events.map((event) => JSON.parse(event.replace(/^data: /, "")) as string).join("");
    expect(text).toBe(await read("length=2000&seed=7"));
  });

  it.each([
    ["length=-1", 400, 'length is "-1", but must be a whole number from 0 to 100000'],
    ["length=ten", 400, 'length is "ten", but must be a whole number from 0 to 100000'],
    ["length=1000000", 400, 'length is "1000000", but must be a whole number from 0 to 100000'],
    ["temperature=1000", 400, "temperature is 1000, but must be from 0 to 100"],
    ["temperature=hot", 400, 'temperature is "hot", but must be a number'],
    ["seed=", 400, 'seed is "", but must be a number'],
    ["colour=red", 400, 'There is no "colour"; there are prompt, length, temperature and seed'],
  ])("answers %s with %i", async (query, status, words) => {
    const response = await ask(query);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(words);
  });

  it("serves nothing else", async () => {
    expect((await fetch(`${url}favicon.ico`)).status).toBe(404);
    // As a path it stands for a host, and has none.
    const noAddress = await fetch(`${url}/`);
    expect(noAddress.status).toBe(400);
    expect(await noAddress.text()).toBe("// is no address\n");
    expect((await fetch(url, { method: "POST", body: "The" })).status).toBe(405);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "at %s lets a text come to its end, and ends with 0",
    async (signal) => {
      const response = await ask("length=10000&seed=1");
      running.child.kill(signal);
      expect([...(await response.text())]).toHaveLength(10_000);
      expect(await running.ended).toBe(0);
      await expect(fetch(url)).rejects.toThrow();
    },
  );
});

it("sends text while it is written, and ends the work for a client that leaves", async () => {
  // So large that the text would take most of a minute.
  const large = path.join(folder, "large.safetensors");
  await using model = await TextModel.create({ corpus: "fables", hiddenSize: 1024 });
  fs.writeFileSync(large, await model.save());
  const running = startExample("http-stream", ["--model", large, "--port", "0", "--workers", "1"]);
  try {
    const url = await addressOf(running);
    const health = async () => (await fetch(`${url}health`)).json();
    const leaving = new AbortController();
    const response = await fetch(`${url}?length=100000`, { signal: leaving.signal });
    expect((await response.body?.getReader().read())?.value?.length).toBeGreaterThan(0);
    expect(await health()).toEqual({ waiting: 1 });
    leaving.abort();
    await vi.waitFor(async () => expect(await health()).toEqual({ waiting: 0 }), { timeout: 10_000 });
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  } finally {
    running.child.kill("SIGKILL");
  }
});

it("learns before it serves, when it is given no model", async () => {
  const running = startExample("http-stream", ["--seconds", "0.5", "--port", "0", "--workers", "1"]);
  try {
    const url = await addressOf(running);
    expect([...(await (await fetch(`${url}?length=100`)).text())]).toHaveLength(100);
    running.child.kill("SIGTERM");
    expect(await running.ended).toBe(0);
  } finally {
    running.child.kill("SIGKILL");
  }
});

it("ends with 0 when it is stopped while it learns", async () => {
  const { child, ended } = startExample("http-stream", ["--seconds", "100"]);
  child.stderr.once("data", () => child.kill("SIGTERM"));
  expect(await ended).toBe(0);
});

it.each([
  [["--model", path.join(folder, "none.safetensors")], 1, "no such file"],
  [["--workers", "none", "--model", file], 2, '--workers is "none", but must be a whole number from 1 to 64'],
  [["--port", "70000"], 2, '--port is "70000", but must be a whole number from 0 to 65535'],
])("refuses %j in words, and ends with %i", async (args, status, words) => {
  const { code, stdout, stderr } = await runExample("http-stream", args);
  expect({ code, stdout }).toEqual({ code: status, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("    at ");
});
