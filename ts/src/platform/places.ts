import type { CorpusName } from "../corpora/names.js";
import { MynahError } from "../errors.js";
import type { Build } from "../types.js";

/** Where a WebAssembly build is: a URL to fetch it from (in Node also a path), its bytes, or the module that somebody has compiled. */
export type WasmSource = string | URL | Uint8Array<ArrayBuffer> | ArrayBuffer | WebAssembly.Module;

/** Where the package's files are that a model may need. */
export interface FilePlaces {
  /** One build or both. With `build: "auto"` a model takes the fastest of these that the engine runs. */
  wasm?: { readonly [name in Build]?: WasmSource | undefined } | undefined;
  /** URLs of the texts that come with the package, where they are used; in Node also paths. */
  corpora?: { readonly [name in CorpusName]?: string | URL | undefined } | undefined;
}

/** Where the package's files are, and its worker. */
export interface Places extends FilePlaces {
  /** The URL of the script `mynah/worker`, of whatever origin, or what starts it as a module. */
  worker?: string | URL | (() => Worker) | undefined;
}

/** Where the files lie that came with a bundle. Nothing is looked up before it is wanted: not every bundle knows its own URL. */
export interface OwnPlaces {
  readonly wasm?: (build: Build) => URL;
  readonly corpus?: (name: CorpusName) => URL;
  readonly worker?: () => Worker;
}

let own: OwnPlaces = {};
let given: Places = {};

/** Says where the files lie that came with the bundle; what {@link tellPlaces} was told counts before that. */
export function setOwnPlaces(places: OwnPlaces): void {
  own = places;
}

/** Says where the files are, instead of or besides what was said before. */
export function tellPlaces({ wasm, corpora, worker }: Places): void {
  given = {
    wasm: { ...given.wasm, ...wasm },
    corpora: { ...given.corpora, ...corpora },
    worker: worker ?? given.worker,
  };
}

/** Whether a build is to be had: of those that {@link tellPlaces} was told, else of those beside the bundle. */
export function hasWasmPlace(build: Build): boolean {
  const told = Object.values(given.wasm ?? {}).some((source) => source !== undefined);
  return told ? given.wasm?.[build] !== undefined : own.wasm !== undefined;
}

/**
 * Where a build is.
 *
 * @throws MynahError `missing-option` where nobody has said.
 */
export function wasmPlace(build: Build): WasmSource {
  const place = given.wasm?.[build] ?? own.wasm?.(build);
  if (place !== undefined) return place;
  throw notSaid(`the WebAssembly of the ${build} build`, `wasm: { ${build}: "…/mynah_${build}.wasm" }`);
}

/**
 * Where a corpus is.
 *
 * @throws MynahError `missing-option` where nobody has said.
 */
export function corpusPlace(name: CorpusName): string | URL {
  const place = given.corpora?.[name] ?? own.corpus?.(name);
  if (place !== undefined) return place;
  throw notSaid(`the corpus ${name}`, `corpora: { ${JSON.stringify(name)}: "…/${name}.txt" }`);
}

/** Where the worker is, as far as anybody has said. */
export function workerPlace(): Places["worker"] {
  return given.worker ?? own.worker;
}

/** The module of a source, with what reads it where it is a URL or a path. */
export async function compiledFrom(
  source: WasmSource,
  read: (place: string | URL) => Promise<WebAssembly.Module>,
): Promise<WebAssembly.Module> {
  if (typeof source === "string" || source instanceof URL) return read(source);
  return source instanceof WebAssembly.Module ? source : WebAssembly.compile(source);
}

function notSaid(what: string, how: string): MynahError {
  return new MynahError(
    "missing-option",
    `Nobody has said where ${what} is: call configure({ ${how} }) first`,
  );
}
