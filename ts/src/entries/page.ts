// `mynah` for browsers.
import { ownFiles } from "../platform/own-files.js";
import { ownWorker } from "../platform/own-worker.js";
import { setOwnPlaces } from "../platform/places.js";

export * from "../index.js";

setOwnPlaces({ ...ownFiles, worker: ownWorker });
