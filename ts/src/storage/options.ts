/** Where a run is saved while it goes on: either `name` or `file`. */
export interface AutosaveOptions {
  /**
   * In a browser, which keeps it under this name for its site: `loadModel` and `listModels` find it. It takes the place of a model of that
   * name.
   */
  name?: string | undefined;
  /**
   * In Node, the path of a file. It changes in one step, from what it was to what it becomes. A finished model that is there is kept beside
   * it, as `notes.previous.safetensors`, until the run ends.
   */
  file?: string | undefined;
  /** Seconds between two saves, above 0; the training waits while one is made. Default 30. */
  everySeconds?: number | undefined;
}

/** Options of `saveModel`. */
export interface SaveModelOptions {
  /** Whether to save what `resume` needs, too, which takes about three times the room. Default `false`. */
  checkpoint?: boolean | undefined;
}
