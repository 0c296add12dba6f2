// Somebody's own worker, with a model in its own thread.
import { TextModel } from "./dist/browser/core.js";
import { trainAndWrite } from "./recipe.js";

globalThis.postMessage(await trainAndWrite(TextModel), []);
