/**
 * The texts that come with the package, all written or compiled for it: `fables` (short tales in English), `fables-zh`
 * (short texts in Chinese) and `dinosaurs` (genus names, one a line).
 */
export const corpora = ["fables", "fables-zh", "dinosaurs"] as const;

/** The name of a text that comes with the package. */
export type CorpusName = (typeof corpora)[number];
