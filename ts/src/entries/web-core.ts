// `mynah/core` for browsers, their workers and service workers.
import { ownFiles } from "../platform/own-files.js";
import { setOwnPlaces } from "../platform/places.js";

export * from "../core.js";

setOwnPlaces(ownFiles);
