// mynah as a user drives it: its public interface, its worker, its defaults.

/** Of one call of sample and of one text of sampleMany. */
const SAMPLED_SYMBOLS = 100_000;
const TEXT_SYMBOLS = 500;

/**
 * @param {typeof import("../../../dist/types/index.js").TextModel} TextModel
 * @param {import("../workloads.mjs").Job} job
 * @param {string} text
 */
export async function prepare(TextModel, job, text) {
  const { cell, embeddingSize, hiddenSize } = job.workload;
  const model = await TextModel.create({ text, cell, embeddingSize, hiddenSize, build: job.build });
  const subject = job.workload.kind === "train" ? training(model, job, text) : sampling(model, job);
  return { ...subject, close: () => model.dispose() };
}

function training(model, { workload: { batchSize, seqLength }, workers = 1 }, text) {
  const settings = {
    text,
    batchSize,
    seqLength,
    workers,
    validation: 0,
    // As the others' models are trained, and nothing else in the time.
    optimizer: "adamw",
    dropout: 0,
    weightDrop: 0,
    steps: 1_000_000,
  };
  const steps = model.train(settings);
  let before = 0;
  return {
    async step() {
      const { value, done } = await steps.next();
      if (done === true) throw new Error("The training came to its end");
      const covered = value.tokens - before;
      before = value.tokens;
      return covered;
    },
  };
}

function sampling(model, { workload: { batchSize }, quantize }) {
  const options = { temperature: 0.8, ...(quantize === undefined ? {} : { quantize }) };
  let seed = 1;
  const open = () => {
    seed += 1;
    if (batchSize === 1) return model.sample({ ...options, seed, length: SAMPLED_SYMBOLS });
    return model.sampleMany({ ...options, seed, length: TEXT_SYMBOLS, count: batchSize * 1000 });
  };
  let pieces = open();
  return {
    async step() {
      let symbols = 0;
      // Texts that are written side by side are finished together.
      for (let row = 0; row < batchSize; row++) {
        const { value, done } = await pieces.next();
        if (done === true) pieces = open();
        else symbols += value.length;
      }
      return symbols;
    },
  };
}
