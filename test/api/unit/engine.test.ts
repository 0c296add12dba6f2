// The engine on a stand-in for WebAssembly: what it frees, and what it does when a call traps.
import { afterEach, describe, expect, it, vi } from "vitest";

const freed: string[] = [];
const trap = new WebAssembly.RuntimeError("unreachable");
const refusal = Object.assign(new Error("not finite"), { name: "MynahError", code: "non-finite-loss" });
const noMemory = Object.assign(new Error("no memory"), { name: "MynahError", code: "out-of-memory" });
const tokensAsked = new Set<number>();
let stepTraps = false;
let goodSteps = Infinity;
let validationFails = false;

vi.mock("../../../ts/src/wasm/glue.js", () => {
  class Freeable {
    free(): void {
      freed.push(this.constructor.name);
    }
  }
  class Model extends Freeable {
    static create = () => new Model();
    describe = () => "{}";
  }
  class Training extends Freeable {
    stepsDone = 0;
    finished = false;
    plan = () => JSON.stringify({ totalSteps: 1000, tokensPerStep: 1 });
    learningRate = 0;
    gradientNorm = 0;
    epoch = 0;
    validation(): Evaluation {
      if (validationFails) throw noMemory;
      return new Evaluation();
    }
    step(): number {
      if (stepTraps) throw trap;
      this.gradientNorm = this.stepsDone < goodSteps ? 1 : Infinity;
      if (this.stepsDone >= goodSteps) throw refusal;
      this.stepsDone += 1;
      return 1;
    }
  }
  class Evaluation extends Freeable {
    advance = (_: unknown, tokens: number) => {
      tokensAsked.add(tokens);
      return false;
    };
  }
  class Sampler extends Freeable {
    finished = false;
    next = () => "a";
  }
  return { Model, Training, Evaluation, Sampler, initSync: () => undefined };
});

afterEach(() => {
  freed.length = 0;
  tokensAsked.clear();
  stepTraps = false;
  goodSteps = Infinity;
  validationFails = false;
  vi.resetModules();
});

async function startEngine() {
  const { Engine } = await import("../../../ts/src/engine/engine.js");
  const engine = new Engine();
  await engine.start({} as WebAssembly.Module, "simd128");
  await engine.create({}, "text");
  return engine;
}

describe("the engine", () => {
  it("frees a job when it is closed, once", async () => {
    const engine = await startEngine();
    await engine.openSampling(1, {});
    await engine.close(1);
    await engine.close(1);
    expect(freed).toEqual(["Sampler"]);
  });

  it("frees the validation of a training that is closed in the middle of it", async () => {
    const engine = await startEngine();
    await engine.openTraining(1, "text", { evaluateEvery: 1 });
    await engine.trainChunk(1);
    await engine.trainChunk(1);
    await engine.close(1);
    expect(freed).toEqual(["Evaluation", "Training"]);
  });

  it("asks for as many symbols at a time for many streams as for one", async () => {
    const engine = await startEngine();
    await engine.openEvaluation(1, "text", { streams: 1 });
    await engine.openEvaluation(2, "text", { streams: 1024 });
    await engine.evaluationChunk(1);
    await engine.evaluationChunk(2);
    expect(tokensAsked.size).toBe(1);
  });

  it("tells of every finished step before it fails", async () => {
    const engine = await startEngine();
    goodSteps = 3;
    await engine.openTraining(1, "text", { evaluateEvery: 1000 });
    const chunk = await engine.trainChunk(1);
    expect(chunk).toMatchObject({ isLast: false, step: { step: 3, loss: 1, gradientNorm: 1 } });
    expect(chunk?.step.tokensPerSecond).toBeLessThan(Infinity);
    await expect(engine.trainChunk(1)).rejects.toMatchObject({ code: "non-finite-loss" });
    await engine.close(1);

    await engine.openTraining(2, "text", { evaluateEvery: 1 });
    validationFails = true;
    expect(await engine.trainChunk(2)).toMatchObject({ isLast: false, step: { step: 1 } });
    await expect(engine.trainChunk(2)).rejects.toMatchObject({ code: "out-of-memory" });

    goodSteps = 0;
    await engine.close(2);
    await engine.openTraining(3, "text", {});
    await expect(engine.trainChunk(3), "no step was finished").rejects.toMatchObject({
      code: "non-finite-loss",
    });
  });

  it("frees everything when it is disposed of", async () => {
    const engine = await startEngine();
    await engine.openTraining(1, "text", {});
    await engine.openSampling(2, {});
    await engine.openEvaluation(3, "text", {});
    await engine.dispose();
    await engine.dispose();
    expect(freed).toEqual(["Training", "Sampler", "Evaluation", "Model"]);
    await expect(engine.sampleChunk(2)).rejects.toMatchObject({ code: "disposed" });
  });

  it("is dead after a trap, with every other engine of the thread, and frees nothing", async () => {
    const engine = await startEngine();
    const { Engine } = await import("../../../ts/src/engine/engine.js");
    const other = new Engine();
    await other.create({}, "text");
    await engine.openTraining(1, "text", {});
    stepTraps = true;
    await expect(engine.trainChunk(1)).rejects.toMatchObject({ code: "worker-crashed", cause: trap });
    await expect(engine.save()).rejects.toMatchObject({ code: "worker-crashed" });
    await expect(other.openSampling(1, {})).rejects.toMatchObject({ code: "worker-crashed" });
    await expect(new Engine().create({}, "text")).rejects.toMatchObject({ code: "worker-crashed" });
    await engine.dispose();
    await other.dispose();
    expect(freed).toEqual([]);
  });
});
