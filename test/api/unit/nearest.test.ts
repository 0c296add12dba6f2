import { expect, it } from "vitest";
import { nearest } from "../../../ts/src/options/nearest.js";

const names = ["hiddenSize", "numLayers", "seed", "steps", "text", "learningRate", "minLength", "length"];

it.each([
  ["hiddensize", "hiddenSize"],
  ["hidden_size", "hiddenSize"],
  ["hidden-sise", "hiddenSize"],
  ["learnRate", "learningRate"],
  ["step", "steps"],
  ["sed", "seed"],
  ["lenght", "length"],
  ["maxLength", "length"],
  ["mnLength", "minLength"],
])("%s most likely meant %s", (name, meant) => {
  for (const known of [names, names.toReversed()]) expect(nearest(name, known)).toBe(meant);
});

it.each(["dropout", "x", "", "temperature"])("%s meant none of them", (name) => {
  expect(nearest(name, names)).toBeUndefined();
});
