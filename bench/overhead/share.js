// One measurement, in Node and in a page alike.

/** Steps before the first reading. */
const WARM_UP_STEPS = 6;

/** Asks the worker's meter. */
function read(channel) {
  return new Promise((resolve) => {
    const listen = ({ data }) => {
      if (data === "read") return;
      channel.removeEventListener("message", listen);
      resolve(data);
    };
    channel.addEventListener("message", listen);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows; this is a channel
    channel.postMessage("read");
  });
}

/** The share of the time between two readings that was spent outside WebAssembly. */
export async function shareOutside(
  TextModel,
  text,
  { build, seconds, batchSize, seqLength, ...architecture },
) {
  const channel = new BroadcastChannel("mynah-meter");
  const model = await TextModel.create({ text, build, ...architecture });
  try {
    const settings = {
      text,
      batchSize,
      seqLength,
      workers: 1,
      validation: 0,
      optimizer: "adamw",
      dropout: 0,
      weightDrop: 0,
      steps: 1_000_000,
    };
    let from;
    for await (const { step } of model.train(settings)) {
      const now = performance.now();
      if (from === undefined) {
        // The meter is read between two slices; the moment that this takes is part of the time outside.
        if (step >= WARM_UP_STEPS) from = { now, reading: await read(channel) };
        continue;
      }
      if (now - from.now < seconds * 1000) continue;
      const after = await read(channel);
      if (after.inside === from.reading.inside) throw new Error("The meter saw no call into WebAssembly");
      return 1 - (after.inside - from.reading.inside) / (after.clock - from.reading.clock);
    }
    throw new Error("The run ended too early");
  } finally {
    channel.close();
    await model.dispose();
  }
}
