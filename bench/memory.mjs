// Peak memory of a whole Node process that trains, each in a process of its own.
//
//   npm run bench -- memory            a table
//   npm run bench -- memory --json     one JSON object per row
import { flags } from "./lib/arguments.mjs";
import { circumstances } from "./lib/measure.mjs";
import { output } from "./lib/output.mjs";
import { inProcess } from "./lib/process.mjs";
import { textFolder } from "./lib/texts.mjs";

const options = flags();
const SECONDS = options.smoke ? 0.1 : 5;
const BAR = 150;

const size = (create, train) => ({
  create: { build: "simd128", ...create },
  train: { validation: 0, ...train },
});
const W2 = { batchSize: 32, seqLength: 64 };
// As a string, and read from the file.
const LONG = {
  symbols: 200_000_000,
  ...size({ cell: "lstm", hiddenSize: 64 }, { ...W2, workers: 1, validation: 0.1 }),
};
const lstm = (hiddenSize) => ({ cell: "lstm", hiddenSize });

const RUNS = options.smoke
  ? [{ name: "LSTM 8", ...size(lstm(8), { batchSize: 2, seqLength: 8, workers: 1 }) }]
  : [
      { name: "LSTM 128", ...size(lstm(128), { ...W2, workers: 1 }) },
      { name: "LSTM 256 (W2)", bar: BAR, ...size(lstm(256), { ...W2, workers: 1 }) },
      { name: "LSTM 256 (W2), with validation", ...size(lstm(256), { ...W2, workers: 1, validation: 0.1 }) },
      { name: "LSTM 256 (W2)", ...size(lstm(256), { ...W2, workers: 2 }) },
      { name: "LSTM 256 (W2)", ...size({ ...lstm(256), worker: false }, { ...W2, workers: 1 }) },
      { name: "LSTM 512 (W3)", ...size(lstm(512), { batchSize: 50, seqLength: 128, workers: 1 }) },
      { name: "LSTM 64, a string of 200 MB", ...LONG },
      { name: "LSTM 64, a file of 200 MB", ...LONG, isReadInPieces: true },
    ];

const table = output({
  name: "memory",
  circumstances: circumstances(
    "peak resident memory of the process, 1.1 million symbols where nothing is said",
  ),
  head: ["what", "where", "peak, MB", "without Node and the text, MB", "bar, MB"],
  cells: ({ name, place, megabytes, more, bar }) => [
    name,
    place,
    megabytes.toFixed(0),
    more.toFixed(0),
    bar ?? "",
  ],
  flags: options,
});

const texts = textFolder();
try {
  const usual = texts.usual();
  const point = (name, job) => inProcess(new URL(`points/${name}.mjs`, import.meta.url), job);
  const { peakMemory: nothing } = await point("nothing", { textFile: usual });
  for (const { name, bar, create, train, symbols, isReadInPieces } of RUNS) {
    const textFile = symbols === undefined ? usual : texts.of(symbols, 65);
    const { peakMemory } = await point("train", {
      create,
      train,
      textFile,
      isReadInPieces,
      seconds: SECONDS,
    });
    const { worker = true } = create;
    const place = worker ? `${train.workers} worker${train.workers > 1 ? "s" : ""}` : "in place";
    table.row({ name, place, megabytes: peakMemory / 1e6, more: (peakMemory - nothing) / 1e6, bar });
  }
  table.end([`A process that only reads the text takes ${(nothing / 1e6).toFixed(0)} MB.`]);
} finally {
  texts.remove();
}
