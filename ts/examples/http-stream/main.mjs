// An HTTP service that streams text while it is being written, to many clients at once.
//
//   npm run example -- http-stream                 # learns the fables for 20 seconds, then serves
//   npm run example -- http-stream --model notes.safetensors --port 8080 --workers 2
//   curl -N 'http://127.0.0.1:8080/?prompt=The%20&length=3000&temperature=0.7&seed=1'
//   curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8080/
//   curl http://127.0.0.1:8080/health              # how many answers are under way
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { setTimeout } from "node:timers/promises";
import { createPool, TextModel } from "mynah";
import { readOptions, showLearning } from "../terminal.mjs";
import { answer } from "./answer.mjs";

const { model, seconds, port, workers } = readOptions({
  model: { help: "the model to serve, instead of one that learns the fables first" },
  seconds: { number: [0.1, 86_400], default: 20, help: "how long it learns" },
  port: { whole: [0, 65_535], default: 8080, help: "where it answers; 0 is any that is free" },
  workers: { whole: [1, 64], help: "threads that write, instead of as many as suit the machine" },
});

/** Milliseconds that answers have to come to their end once the service is told to stop. */
const GRACE = 3000;

const stopping = new AbortController();
const { signal } = stopping;
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stopping.abort());

/** The bytes of a model that has learnt the fables. */
async function learn() {
  const learner = await TextModel.create({ corpus: "fables", signal });
  try {
    for await (const step of learner.train({ corpus: "fables", seconds, signal })) showLearning(step);
    return await learner.save();
  } finally {
    await learner.dispose();
  }
}

/**
 * Answers until it is told to stop, and then lets those who are served have the rest.
 *
 * @param {import("mynah").Pool} pool
 */
async function serve(pool) {
  const server = http.createServer((request, response) => {
    // A connection that is kept for another request would keep the server from closing.
    response.once("close", () => signal.aborted && server.closeIdleConnections());
    void answer(pool, request, response);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : port}/?prompt=The%20`);
  if (!signal.aborted) await once(signal, "abort");
  const closed = once(server, "close");
  server.close();
  await Promise.race([closed, setTimeout(GRACE, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

async function main() {
  const file = model === undefined ? await learn() : await readFile(model);
  const pool = await createPool({ model: file, workers, signal });
  try {
    await serve(pool);
  } finally {
    await pool.dispose();
  }
}

main().catch((error) => {
  // To be stopped while it learns is no failure.
  if (signal.aborted) return;
  console.error(error.message);
  process.exitCode = 1;
});
