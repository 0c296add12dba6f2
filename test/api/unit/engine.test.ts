// The engine on a stand-in for WebAssembly: what it frees, and what it does when a call traps.
import { afterEach, describe, expect, it, vi } from "vitest";

const source = { text: "text" };
const freed: string[] = [];
const trap = new WebAssembly.RuntimeError("unreachable");
const refusal = Object.assign(new Error("not finite"), { name: "MynahError", code: "non-finite-loss" });
const noMemory = Object.assign(new Error("no memory"), { name: "MynahError", code: "out-of-memory" });
const otherText = Object.assign(new Error("other"), { name: "MynahError", code: "different-text" });
const tokensAsked = new Set<number>();
let stepTraps = false;
let goodSteps = Infinity;
let validationFails = false;
let validationEnds = false;
let bytesWanted = 0;

vi.mock("../../../ts/src/wasm/glue.js", () => {
  class Freeable {
    free(): void {
      freed.push(this.constructor.name);
    }
  }
  class Text {
    static of = (value: string) => new Text(value);
    readonly value: string;
    constructor(value: string) {
      this.value = value;
    }
    free(): void {}
  }
  class Model extends Freeable {
    static create = () => new Model();
    static load = () => new Model();
    describe = () => "{}";
  }
  class Training extends Freeable {
    static resume(_model: Model, { value }: Text, checkpoint: Uint8Array): Training {
      if (value !== source.text) throw otherText;
      return Object.assign(new Training(), { stepsDone: checkpoint[0], validatedStep: checkpoint[0] });
    }
    stepsDone = 0;
    validatedStep = 0;
    secondsDone = 0;
    get finished(): boolean {
      return this.stepsDone >= 1000;
    }
    readonly #options: string;
    constructor(_model?: Model, _text?: Text, options = "{}") {
      super();
      this.#options = options;
    }
    options = () => this.#options;
    validated = () => '{"improved":true,"stop":false}';
    finish = () => undefined;
    checkpoint = () => new Uint8Array([this.stepsDone]);
    plan = () => JSON.stringify({ totalSteps: 1000, tokensPerStep: 1, workers: 1 });
    epoch = 0;
    validation(): Evaluation {
      if (validationFails) throw noMemory;
      return new Evaluation();
    }
    readonly tokens = 1;
    readonly gradientNorm = 1;
    readonly learningRate = 0.1;
    readonly rollbacks = 0;
    step(): number {
      if (stepTraps) throw trap;
      if (this.stepsDone >= goodSteps) throw refusal;
      this.stepsDone += 1;
      return 1;
    }
  }
  class Evaluation extends Freeable {
    advance = (_: unknown, tokens: number) => {
      tokensAsked.add(tokens);
      return validationEnds;
    };
    result = () => '{"loss":1}';
  }
  class Sampler extends Freeable {
    finished = false;
    next = () => "a";
  }
  class Filler extends Freeable {
    advance = () => false;
  }
  const memoryEstimate = () => bytesWanted;
  return { Model, Text, Training, Evaluation, Sampler, Filler, memoryEstimate, initSync: () => undefined };
});

afterEach(() => {
  freed.length = 0;
  tokensAsked.clear();
  stepTraps = false;
  goodSteps = Infinity;
  validationFails = false;
  validationEnds = false;
  bytesWanted = 0;
  vi.resetModules();
});

async function startEngine() {
  const { Engine } = await import("../../../ts/src/engine/engine.js");
  const engine = new Engine();
  await engine.start({} as WebAssembly.Module, "simd128");
  await engine.create({}, source);
  return engine;
}

describe("the engine", () => {
  it("frees a job when it is closed, once", async () => {
    const engine = await startEngine();
    await engine.openSampling(1, {});
    await engine.close(1);
    await engine.close(1);
    await engine.openFilling(2, { text: "_" });
    expect(await engine.fillChunk(2)).toBeUndefined();
    await engine.close(2);
    expect(freed).toEqual(["Sampler", "Filler"]);
  });

  it("frees the validation of a training that is closed in the middle of it", async () => {
    const engine = await startEngine();
    await engine.openTraining(1, source, { evaluateEvery: 1 });
    await engine.trainChunk(1);
    await engine.trainChunk(1);
    await engine.close(1);
    expect(freed, "the training itself may be gone on with").toEqual(["Evaluation"]);
    await engine.dispose();
    expect(freed).toEqual(["Evaluation", "Training", "Model"]);
  });

  it("asks for as many symbols at a time for many streams as for one", async () => {
    const engine = await startEngine();
    await engine.openEvaluation(1, source, { streams: 1 });
    await engine.openEvaluation(2, source, { streams: 1024 });
    await engine.evaluationChunk(1);
    await engine.evaluationChunk(2);
    expect(tokensAsked.size).toBe(1);
  });

  it("tells of every finished step before it fails", async () => {
    const engine = await startEngine();
    goodSteps = 3;
    await engine.openTraining(1, source, { evaluateEvery: 1000 });
    const chunk = await engine.trainChunk(1);
    expect(chunk).toMatchObject({ step: { step: 3, loss: 1, gradientNorm: 1 } });
    expect(chunk?.step.tokensPerSecond).toBeLessThan(Infinity);
    await expect(engine.trainChunk(1)).rejects.toMatchObject({ code: "non-finite-loss" });
    await engine.close(1);

    await engine.openTraining(2, source, { evaluateEvery: 1 });
    validationFails = true;
    expect(await engine.trainChunk(2)).toMatchObject({ step: { step: 1 } });
    await expect(engine.trainChunk(2)).rejects.toMatchObject({ code: "out-of-memory" });

    goodSteps = 0;
    await engine.close(2);
    await engine.openTraining(3, source, {});
    await expect(engine.trainChunk(3), "no step was finished").rejects.toMatchObject({
      code: "non-finite-loss",
    });
  });

  it("refuses a training that no memory can hold, before it takes any", async () => {
    const engine = await startEngine();
    bytesWanted = 5e9;
    await expect(engine.openTraining(1, source, {})).rejects.toMatchObject({
      code: "out-of-memory",
      message: expect.stringMatching(/5\.0 GB.*hiddenSize/),
    });
    bytesWanted = 4e9;
    await engine.openTraining(1, source, {});
  });

  it("frees everything when it is disposed of", async () => {
    const engine = await startEngine();
    await engine.openTraining(1, source, {});
    await engine.openSampling(2, {});
    await engine.openEvaluation(3, source, {});
    await engine.dispose();
    await engine.dispose();
    expect(freed).toEqual(["Sampler", "Evaluation", "Training", "Model"]);
    await expect(engine.sampleChunk(2)).rejects.toMatchObject({ code: "disposed" });
  });

  it("is dead after a trap, with every other engine of the thread, and frees nothing", async () => {
    const engine = await startEngine();
    const { Engine } = await import("../../../ts/src/engine/engine.js");
    const other = new Engine();
    await other.create({}, source);
    await engine.openTraining(1, source, {});
    stepTraps = true;
    await expect(engine.trainChunk(1)).rejects.toMatchObject({ code: "worker-crashed", cause: trap });
    await expect(engine.save()).rejects.toMatchObject({ code: "worker-crashed" });
    await expect(other.openSampling(1, {})).rejects.toMatchObject({ code: "worker-crashed" });
    await expect(new Engine().create({}, source)).rejects.toMatchObject({ code: "worker-crashed" });
    await engine.dispose();
    await other.dispose();
    expect(freed).toEqual([]);
  });
});

describe("a training that was left", () => {
  /** One that has been left after some steps. */
  async function leaveTraining() {
    const engine = await startEngine();
    await engine.openTraining(1, source, { evaluateEvery: 1000 });
    goodSteps = 5;
    await engine.trainChunk(1);
    await engine.close(1);
    goodSteps = Infinity;
    return engine;
  }

  it("tells what it has come to, with what was done after the last word of it", async () => {
    const engine = await startEngine();
    expect(await engine.lastTraining()).toBeUndefined();
    await engine.openTraining(1, source, { evaluateEvery: 1000 });
    expect(await engine.lastTraining(), "no step yet").toBeUndefined();
    goodSteps = 5;
    await engine.trainChunk(1);
    await engine.close(1);
    expect(await engine.lastTraining()).toMatchObject({ steps: 5, loss: 1 });
  });

  it("is there for a checkpoint until the next one begins", async () => {
    const engine = await leaveTraining();
    expect(await engine.saveCheckpoint()).toEqual(new Uint8Array([5]));
    expect(freed).toEqual([]);
    await engine.openTraining(2, source, {});
    expect(freed).toEqual(["Training"]);
  });

  it("can be gone on with", async () => {
    const engine = await leaveTraining();
    goodSteps = 8;
    await engine.resumeTraining(2, source);
    expect(freed, "it made room").toEqual(["Training"]);
    expect(await engine.lastTraining(), "nothing new yet").toBeUndefined();
    expect(await engine.trainChunk(2)).toMatchObject({ step: { step: 8 } });
    expect(await engine.lastTraining()).toMatchObject({ steps: 8 });
  });

  it("is not lost when another text is given", async () => {
    const engine = await leaveTraining();
    const other = { text: "another text" };
    await expect(engine.resumeTraining(2, other)).rejects.toMatchObject({ code: "different-text" });
    await engine.resumeTraining(3, source);
    goodSteps = 6;
    expect(await engine.trainChunk(3)).toMatchObject({ step: { step: 6 } });
  });

  it("can be left in a checkpoint, which is kept only where there is one", async () => {
    const file = (metadata: object) => {
      const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata }));
      const bytes = new Uint8Array(8 + header.length);
      bytes[0] = header.length;
      bytes.set(header, 8);
      return bytes;
    };
    const engine = await startEngine();
    await engine.load(file({ format: "mynah" }), {});
    await expect(engine.resumeTraining(1, source)).rejects.toMatchObject({ code: "no-training-state" });
    const checkpoint = file({ format: "mynah", training: "{}" });
    await engine.load(checkpoint, {});
    expect(await engine.saveCheckpoint()).toEqual(checkpoint);
    await engine.resumeTraining(1, source);
    await expect(engine.resumeTraining(2, source)).rejects.toMatchObject({ code: "busy" });
  });

  it("is nothing to go on with once it is over", async () => {
    const engine = await startEngine();
    await engine.openTraining(1, source, { evaluateEvery: 1000 });
    validationEnds = true;
    let chunk = await engine.trainChunk(1);
    while (chunk?.result === undefined) chunk = await engine.trainChunk(1);
    expect(chunk.result.steps).toBe(1000);
    await expect(engine.saveCheckpoint(), "also while it is open").rejects.toMatchObject({
      code: "no-training-state",
    });
    await engine.close(1);
    expect(freed).toEqual(["Evaluation", "Training"]);
    expect(await engine.lastTraining()).toMatchObject({ steps: 1000 });
    await expect(engine.saveCheckpoint()).rejects.toMatchObject({ code: "no-training-state" });
  });
});
