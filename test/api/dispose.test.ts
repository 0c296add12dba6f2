import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { TextModel } from "mynah";
import { failure } from "./errors.js";
import { create, endless, places, quick, small, text } from "./models.js";
import { watchWorkers } from "./workers.js";

describe.each(places)("dispose $name", (place) => {
  it("may be called again", async () => {
    const model = await create(place);
    await model.dispose();
    await model.dispose();
    await model[Symbol.asyncDispose]();
  });

  it("refuses every later call", async () => {
    const model = await create(place);
    await model.dispose();
    await failure(model.save(), "disposed");
    await failure(model.train({ text, ...quick, steps: 1 }), "disposed");
    await failure(model.sampleText(), "disposed");
    await failure(model.evaluate({ text }), "disposed");
    expect(model.info.vocabularySize).toBeGreaterThan(1);
  });

  it("rejects the calls that are pending", async () => {
    const model = await create(place);
    const steps = model.train({ text, ...endless });
    await steps.next();
    const calls = [
      failure(steps.next(), "disposed"),
      failure(model.sampleText({ length: 1e9 }), "disposed"),
      failure(model.evaluate({ text: text.repeat(100) }), "disposed"),
    ];
    await model.dispose();
    await Promise.all(calls);
  });
});

it("gives the memory back", async () => {
  // 40 MB each: without it the 4 GiB of the instance would be full before the last one. That many
  // weights took 17 s (two cores, 2026-11-26), and take far longer beside other work, hence the room below.
  for (let i = 0; i < 110; i++) {
    const sizes = { hiddenSize: 1024, numLayers: 2 };
    const model = await TextModel.create({ text, ...sizes, initialization: "uniform", worker: false });
    await model.dispose();
  }
}, 180_000);

it("ends the worker", async () => {
  const workers = watchWorkers();
  const model = await create({ worker: true });
  const exit = once(workers.last(), "exit");
  await model.dispose();
  await exit;
});

it("ends the worker of a creation that failed", async () => {
  const workers = watchWorkers();
  const contradiction = { cell: "lstm", activation: "relu" } as const;
  await failure(create({ worker: true }, contradiction), "contradictory-options");
  expect(workers.last().threadId, "an ended worker has no thread").toBe(-1);
});

describe("a script", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const runScript = (body: string, ...flags: readonly string[]) =>
    promisify(execFile)(
      process.execPath,
      [...flags, "--input-type=module", "--eval", `import { TextModel } from "mynah";\n${body}`],
      {
        cwd: root,
      },
    );
  const options = JSON.stringify({ text, ...small });

  it("ends by itself when it forgets to dispose", async () => {
    const { stdout } = await runScript(`
      const model = await TextModel.create(${options});
      for await (const step of model.train({ text: ${JSON.stringify(text)}, seconds: 1000 })) break;
      console.log("over");
    `);
    expect(stdout).toBe("over\n");
  });

  it("ends by itself with a loop that nobody pulls", async () => {
    const { stdout } = await runScript(`
      const model = await TextModel.create(${options});
      await model.train({ text: ${JSON.stringify(text)}, seconds: 1000 }).next();
      console.log("over");
    `);
    expect(stdout).toBe("over\n");
  });

  it("does not end while a call is pending", async () => {
    const { stdout } = await runScript(`
      const model = await TextModel.create(${options});
      model.train({ text: ${JSON.stringify(text)}, batchSize: 4, seqLength: 16, steps: 40 }).then(({ steps }) => console.log(steps));
    `);
    expect(stdout).toBe("40\n");
  });

  it("that drops a model gets rid of its worker", async () => {
    const { stdout } = await runScript(
      `
      import { Worker } from "node:worker_threads";
      let exits = 0;
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (...args) {
        if (this.listenerCount("exit") === 1) this.once("exit", () => exits += 1);
        return postMessage.apply(this, args);
      };
      await (async () => (await TextModel.create(${options})).save())();
      while (exits === 0) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log("gone");
    `,
      "--expose-gc",
    );
    expect(stdout).toBe("gone\n");
  });

  it("that drops a model, or a session, gets the answers that are pending before", async () => {
    const long = JSON.stringify(text.repeat(20));
    const { stdout } = await runScript(
      `
      const make = async () => TextModel.create(${options});
      const [text, short] = [${long}, ${JSON.stringify(text)}];
      const calls = {
        evaluate: async () => (await make()).evaluate({ text }),
        score: async () => (await make()).score(text),
        embed: async () => (await make()).embed(text),
        activations: async () => (await make()).activations(text),
        inputGradient: async () => (await make()).inputGradient(short),
        gradientFlow: async () => (await make()).gradientFlow({ text }),
        sampleText: async () => (await make()).sampleText({ length: 5000 }),
        save: async () => (await make()).save(),
        feed: async () => (await (await make()).session()).feed(text),
        suggest: async () => (await (await make()).session()).suggest({ n: 100 }),
        write: async () => (await (await make()).session()).sampleText({ length: 5000 }),
        fork: async () => (await (await (await make()).session()).fork()).save(),
      };
      const collecting = setInterval(gc, 1);
      const answers = await Promise.allSettled(Object.values(calls).map((call) => call()));
      clearInterval(collecting);
      Object.keys(calls).forEach((name, i) => console.log(name, answers[i].reason?.code ?? "came"));
    `,
      "--expose-gc",
    );
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(line).toMatch(/ came$/);
  });

  it("that drops texts of a pool in the middle has their places again", async () => {
    const { stdout } = await runScript(
      `
      import { createPool } from "mynah";
      const model = await (await TextModel.create(${options})).save();
      const pool = await createPool({ model, workers: 1, maxQueue: 3 });
      const session = await pool.session();
      await (async () => {
        await pool.sample({ length: 1e9 }).next();
        await pool.sampleStream({ length: 1e9 }).getReader().read();
        await session.sample({ length: 1e9 }).next();
      })();
      console.log(pool.waiting);
      while (pool.waiting > 0) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log((await pool.sampleText({ length: 5, allowedPattern: "the c" })));
      await pool.dispose();
    `,
      "--expose-gc",
    );
    expect(stdout).toBe("3\nthe c\n");
  });

  it("may dispose at any time", async () => {
    const { stdout } = await runScript(`
      const model = await TextModel.create(${options});
      const pending = model.train({ text: ${JSON.stringify(text)}, seconds: 1000 }).catch(({ code }) => console.log(code));
      await model.dispose();
      await pending;
      console.log("over");
    `);
    expect(stdout).toBe("disposed\nover\n");
  });
});
