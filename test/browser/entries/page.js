// What the tests do inside the page, through `globalThis.inEntryPage`.
import { trainAndWrite } from "./recipe.js";

const inEntryPage = {
  /**
   * Trains with the package as a module has it.
   *
   * @param {string} url of the module
   * @param {import("mynah").PlaceOptions} place
   */
  async trainWith(url, place) {
    const { TextModel } = await import(url);
    return trainAndWrite(TextModel, place);
  },

  /**
   * Looks for what a text has copied, which needs no WebAssembly.
   *
   * @param {string} url of the module
   */
  async runsCopied(url) {
    const { overlap } = await import(url);
    return (await overlap("the cat sat on the mat", "a cat sat on the mat", { minLength: 5 })).runs.length;
  },

  /** @param {import("mynah/slim").Places} places */
  async configure(places) {
    const slim = await import("/dist/browser/slim.js");
    slim.configure(places);
  },
};

globalThis.inEntryPage = inEntryPage;

/** @typedef {typeof inEntryPage} InEntryPage */
