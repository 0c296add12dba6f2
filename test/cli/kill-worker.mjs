// Loaded before the command: ends one of its workers, number KILL_WORKER, as soon as there is the file KILL_AFTER, or the first worker has
// answered often enough to have trained.
import { existsSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import threads from "node:worker_threads";

const ANSWERS = 15;

if (threads.isMainThread) {
  const { KILL_WORKER, KILL_AFTER } = process.env;
  const workers = [];
  let answers = 0;
  threads.Worker = class extends threads.Worker {
    constructor(...args) {
      super(...args);
      workers.push(this);
      if (workers[0] !== this) return;
      this.on("message", () => {
        answers += 1;
        const isTime = KILL_AFTER === undefined ? answers >= ANSWERS : existsSync(KILL_AFTER);
        if (isTime) void workers[Number(KILL_WORKER)]?.terminate();
      });
    }
  };
  syncBuiltinESMExports();
}
