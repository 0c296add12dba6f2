import { JsonTrainView } from "./json-view.js";
import { LiveTrainView } from "./live-view.js";
import { PlainTrainView } from "./plain-view.js";
import type { TrainView } from "./train-view.js";

/** The view for programs, for people at a terminal, or for everything else. */
export function chooseTrainView(isJson: boolean): TrainView {
  if (isJson) return new JsonTrainView();
  const hasTerminal = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  return hasTerminal ? new LiveTrainView() : new PlainTrainView();
}
