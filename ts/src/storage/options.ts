/** Where a run is saved while it goes on: either `name` or `file`. */
export interface AutosaveOptions {
  /** In a browser, which keeps it under this name for its site: `loadModel` and `listModels` find it. */
  name?: string | undefined;
  /** In Node, the path of a file. It changes in one step, from what it was to what it becomes. */
  file?: string | undefined;
  /** Seconds between two saves, above 0; the training waits while one is made. Default 30. */
  everySeconds?: number | undefined;
}

/** Options of `saveModel`. */
export interface SaveModelOptions {
  /** Whether to save what `resume` needs, too, which takes about three times the room. Default `false`. */
  checkpoint?: boolean | undefined;
}
