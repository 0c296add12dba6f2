// Where the package's files are in browsers. Bundlers find files by
// `new URL("literal", import.meta.url)`, so each is written out. The paths are those of the bundle: it ends up in dist/browser/.
import { atHome } from "./at-home.js";
import type { OwnPlaces } from "./places.js";
import type { CorpusName } from "../corpora/names.js";

const corpusUrl = (name: CorpusName): URL => {
  switch (name) {
    case "fables":
      return new URL("../corpora/fables.txt", import.meta.url);
    case "fables-zh":
      return new URL("../corpora/fables-zh.txt", import.meta.url);
    case "dinosaurs":
      return new URL("../corpora/dinosaurs.txt", import.meta.url);
  }
};

export const ownFiles: OwnPlaces = {
  wasm: (build) =>
    atHome(
      build === "simd128"
        ? new URL("../wasm/mynah_simd128.wasm", import.meta.url)
        : new URL("../wasm/mynah_relaxed.wasm", import.meta.url),
    ),
  corpus: (name) => atHome(corpusUrl(name)),
};
