// A classic program of Keras for text, and the same with mynah; program.py has the original whole.
//
//   npm run example -- keras
//   npm run example -- keras --epochs 1
import { loadCorpus, oneHot, padSequences, TextModel } from "mynah";
import { readOptions } from "../terminal.mjs";

const { epochs } = readOptions({
  epochs: { number: [0.01, 1000], default: 5, help: "passes over the names" },
});

const names = (await loadCorpus("dinosaurs")).split("\n").filter((name) => name !== "");

// --- Keras: texts become numbers, then rows of one length, then vectors with a single 1.
//
//     symbols = sorted(set("".join(NAMES)))
//     number = {symbol: i + 2 for i, symbol in enumerate(symbols)}
//     sequences = [[number[symbol] for symbol in name] + [END] for name in NAMES]
//     targets = keras.utils.pad_sequences(sequences, padding="post")
//     one_hot = keras.utils.to_categorical(targets, num_classes=vocabulary)
//
// mynah has the two helpers, with the same results. Nothing below needs them: it takes the names as they are, finds their
// symbols, pads a batch to the longest of its rows, and lets no padding into a loss or a gradient (`mask_zero=True`).
const symbols = [...new Set(names.join(""))].toSorted();
const END = 1;
const sequences = names.map((name) => [...[...name].map((symbol) => symbols.indexOf(symbol) + 2), END]);
const targets = padSequences(sequences, { padding: "post" });
const vectors = oneHot(targets, { numClasses: symbols.length + 2 });
console.log(
  `${names.length} names; as Keras wants them ${targets.shape.join(" x ")}, and ${vectors.shape.join(" x ")} for the loss`,
);

// --- Keras:
//
//     model = keras.Sequential([
//         keras.layers.Embedding(vocabulary, 32, mask_zero=True),
//         keras.layers.LSTM(128, return_sequences=True),
//         keras.layers.Dense(vocabulary, activation="softmax"),
//     ])
const model = await TextModel.create({
  documents: names,
  cell: "lstm",
  embeddingSize: 32,
  hiddenSize: 128,
});

// --- Keras:
//
//     model.compile(
//         optimizer=keras.optimizers.Adam(learning_rate=0.003),
//         loss="categorical_crossentropy",
//         metrics=["accuracy"],
//     )
//     model.fit(inputs, one_hot, batch_size=32, epochs=5, validation_split=0.1)
//
// The loss is the same number, without the vectors: the cross-entropy of the number that comes next.
/** @satisfies {import("mynah").TrainOptions} */
const training = {
  documents: names,
  optimizer: "adam",
  learningRate: 0.003,
  schedule: "constant",
  warmupSteps: 0,
  clipNorm: 0,
  dropout: 0,
  weightDrop: 0,
  batchSize: 32,
  epochs,
  validation: 0.1,
};
for await (const { step, loss, validationLoss } of model.train(training)) {
  if (validationLoss === undefined) continue;
  console.log(`step ${step}: loss ${loss.toFixed(3)}, on held-out names ${validationLoss.toFixed(3)}`);
}

// --- Keras:
//
//     loss, accuracy = model.evaluate(inputs, one_hot)
const { loss, accuracy } = await model.evaluate({ documents: names });
console.log(`loss ${loss.toFixed(3)}, accuracy ${(accuracy * 100).toFixed(1)} %`);

// Keras has nothing here; one writes a loop that predicts, draws and appends.
for (let seed = 1; seed <= 5; seed++) console.log(await model.sampleText({ seed }));

await model.dispose();
