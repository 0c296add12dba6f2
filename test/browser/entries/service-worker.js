// A service worker, which may import nothing on demand, and start no worker.
import { MynahError, TextModel } from "./dist/browser/core.js";
import { trainAndWrite } from "./recipe.js";

globalThis.addEventListener("message", (event) => {
  const answer = trainAndWrite(TextModel)
    .catch((error) => ({ failed: String(error), code: error instanceof MynahError && error.code }))
    .then((result) => event.source?.postMessage(result));
  event.waitUntil(answer);
});
