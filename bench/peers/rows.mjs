// Who takes part in each workload, and how each is started.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ask } from "../../scripts/lib/run.mjs";

/**
 * One line of the table: a peer, a variant of it, an engine, a number of threads.
 *
 * @typedef {object} Row
 * @property {string} name as in the table, unique within a workload
 * @property {string} peer
 * @property {"node" | "other-node" | "chromium" | "native"} place
 * @property {number} threads
 * @property {"npm" | "python" | undefined} needs what has to be installed first
 * @property {Omit<import("./workloads.mjs").Job, "workload" | "textFile">} job
 */

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A second Node to measure in, for instance a newer one; its path is in MYNAH_BENCH_NODE. */
const otherNode = process.env["MYNAH_BENCH_NODE"];

/** "Node 26". */
function titleOf(program) {
  const version = ask(program, ["--version"]);
  return version === undefined ? "other Node" : `Node ${version.slice(1).split(".")[0]}`;
}

/** @type {{ place: Row["place"], title: string }[]} */
const places = [
  { place: "node", title: "Node" },
  ...(otherNode ? [{ place: /** @type {const} */ ("other-node"), title: titleOf(otherNode) }] : []),
  { place: "chromium", title: "Chromium" },
];

/** @returns {Row} */
function row(peer, detail, { place, title }, threads, needs, job = {}) {
  const many = threads === 1 ? "" : `${threads} threads`;
  const name = [peer, detail, title, many].filter(Boolean).join(", ");
  return { name, peer, place, threads, needs, job: { peer, threads, ...job } };
}

/** mynah in every engine and both builds, with one worker and, where it trains, with two. */
function* ours({ kind, batchSize }) {
  for (const place of places) {
    for (const build of /** @type {const} */ (["simd128", "relaxed"])) {
      yield row("mynah", build, place, 1, undefined, { build, workers: 1 });
      if (kind === "sample" && batchSize === 1) {
        yield row("mynah", `${build} int8`, place, 1, undefined, { build, quantize: "int8" });
      }
      if (kind === "train" && place.place !== "chromium") {
        yield row("mynah", build, place, 2, undefined, { build, workers: 2 });
      }
    }
  }
}

/** TensorFlow.js, whose "cpu" backend would take minutes for a step of the largest model. */
function* tensorflowJs({ name, kind }) {
  const isTraining = kind === "train";
  for (const place of places) {
    yield row("TF.js", isTraining ? "wasm, one-hot" : "wasm", place, 1, "npm", {
      peer: "tfjs",
      variant: "wasm",
    });
    if (place.place !== "node" || name === "W3" || name.endsWith("x64")) continue;
    yield row("TF.js", "cpu", place, 1, "npm", { peer: "tfjs", variant: "cpu" });
  }
}

/** What brain.js knows: an LSTM or GRU that reads and writes one text at a time. */
function* brain({ cell, hiddenSize, name }) {
  if (cell === "rnn" || hiddenSize > 256 || name.endsWith("x64")) return;
  yield row("brain.js", "one text at a time", places[0], 1, "npm");
}

function* onnx() {
  for (const place of places)
    yield row("ONNX Runtime Web", "wasm", place, 1, "npm", { peer: "onnxruntime-web" });
  for (const threads of [1, 2]) {
    yield row("ONNX Runtime", "", native, threads, "python", { peer: "onnxruntime" });
  }
}

const native = { place: /** @type {const} */ ("native"), title: "native" };

function* python() {
  for (const threads of [1, 2]) {
    yield row("PyTorch", "", native, threads, "python", { peer: "pytorch" });
    yield row("Keras/TensorFlow", "", native, threads, "python", { peer: "keras" });
  }
}

/**
 * @param {import("./workloads.mjs").Workload} workload
 * @returns {Row[]}
 */
export function rowsOf(workload) {
  const others = workload.kind === "sample" ? [...onnx()] : [];
  return [...ours(workload), ...tensorflowJs(workload), ...brain(workload), ...others, ...python()];
}

/**
 * The program and the arguments that measure a row, kept to as many processors as it has threads.
 *
 * @param {Row} it
 * @param {import("./workloads.mjs").Job} job
 * @param {string | undefined} pythonProgram
 * @returns {string[]}
 */
export function commandOf(it, job, pythonProgram) {
  const argument = JSON.stringify(job);
  /** @type {Record<Row["place"], () => string[]>} */
  const programs = {
    node: () => [process.execPath, here("in-node.mjs"), argument],
    "other-node": () => [otherNode ?? "", here("in-node.mjs"), argument],
    chromium: () => [process.execPath, here("in-chromium.mjs"), argument],
    native: () => [pythonProgram ?? "python3", here(`python/${job.peer}_peer.py`), argument],
  };
  return [...pinnedTo(it.threads), ...programs[it.place]()];
}

/** Linux: the first processors that we may use. Elsewhere threads go where the system puts them. */
function pinnedTo(threads) {
  const taskset = ["/usr/bin/taskset", "/bin/taskset"].find((file) => existsSync(file));
  if (taskset === undefined) return [];
  const allowed = /Cpus_allowed_list:\s+(.+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  const processors = allowed.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
  return [taskset, "-c", processors.slice(0, threads).join(",")];
}

/** For the libraries that make their own threads. */
export const threadsEnvironment = (threads) =>
  Object.fromEntries(
    ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"].map((name) => [
      name,
      String(threads),
    ]),
  );
