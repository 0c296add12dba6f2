// What `configure` checks, apart from places.ts: who never calls it loads none of this.
import { noteFailedStart } from "./failed-start.js";
import { tellPlaces, type Places } from "./places.js";
import { corpora } from "../corpora/names.js";
import { MynahError } from "../errors.js";
import { shown } from "../options/check.js";
import { nearest } from "../options/nearest.js";
import type { Build } from "../types.js";

const BUILDS: readonly Build[] = ["simd128", "relaxed"];

/**
 * Checks what somebody says of where the files are, and tells it ({@link tellPlaces}).
 *
 * @param entry - for messages
 * @param known - what may be said
 * @throws MynahError `unknown-option` or `invalid-option`.
 */
export function setPlaces(entry: string, places: Places, known: readonly (keyof Places)[]): void {
  if (!isObject(places)) {
    throw new MynahError(
      "invalid-option",
      `configure takes one object with ${known.join(", ")}, got ${shown(places)}`,
    );
  }
  refuseUnknown(`${entry}'s configure`, places, known);
  checkEach("wasm", places.wasm, BUILDS, "a URL, a path, bytes or a WebAssembly.Module");
  checkEach("corpora", places.corpora, corpora, "a URL or a path");
  const { worker } = places;
  if (worker !== undefined && !isPlace(worker) && typeof worker !== "function") {
    throw noPlace("worker", "a URL, or a function that starts it", worker);
  }
  tellPlaces(places);
  if (worker !== undefined) noteFailedStart(undefined);
}

/** Checks what is said of files of one kind; what is `undefined` counts as left out. */
function checkEach(option: string, places: unknown, known: readonly string[], wanted: string): void {
  if (places === undefined) return;
  if (!isObject(places)) throw noPlace(option, `one object with ${known.join(", ")}`, places);
  refuseUnknown(option, places, known);
  for (const [name, place] of Object.entries(places)) {
    if (place !== undefined && !isPlace(place)) throw noPlace(`${option}.${name}`, wanted, place);
  }
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

// Of no class in particular: URLs and bytes may be those of another realm.
const isPlace = (value: unknown): boolean => typeof value === "string" || isObject(value);

function noPlace(option: string, wanted: string, got: unknown): MynahError {
  return new MynahError("invalid-option", `configure: ${option} is ${shown(got)}, but must be ${wanted}`);
}

function refuseUnknown(where: string, options: object, known: readonly string[]): void {
  const wrong = Object.keys(options).find((name) => !known.includes(name));
  if (wrong === undefined) return;
  const meant = nearest(wrong, known);
  const hint = meant === undefined ? `it knows ${known.join(", ")}` : `did you mean "${meant}"?`;
  throw new MynahError("unknown-option", `${where} has no option "${wrong}"; ${hint}`);
}
