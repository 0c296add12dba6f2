// A model that writes captions for pictures of 16 x 16 dots, also of what it has never seen together.
//
// A caption is a text that depends on a vector (`conditions`), which could as well come from a sound, a sensor or another model. Some
// pairs of shape and place are never shown; whether such pictures are described rightly tells if the model has understood shape and
// place apart.
//
// A condition enters through a matrix, and a matrix over single dots cannot know a shape at a place where it never saw one: other
// dots, other weights. So the picture is first made into numbers that say what is there, wherever it is, and where it is, whatever
// it is (look.mjs).
//
//   npm run example -- captions
//   npm run example -- captions --mode film --group 3 --pictures 1000 --epochs 4
import { parseArgs } from "node:util";
import { learnCaptions } from "./learn.mjs";
import { ALL, PLACES, show } from "./pictures.mjs";

const MODES = /** @type {const} */ (["bias", "film", "initial-state"]);

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0)} %`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      // How the vector enters the model.
      mode: { type: "string", default: "bias" },
      // Which pairs are held out.
      group: { type: "string", default: "0" },
      pictures: { type: "string", default: "3000" },
      epochs: { type: "string", default: "7" },
    },
  });
  const conditionMode = MODES.find((mode) => mode === values.mode);
  if (conditionMode === undefined)
    throw new Error(`--mode is "${values.mode}", but must be ${MODES.join(", ")}`);
  const group = Number(values.group);
  if (PLACES[group] === undefined)
    throw new Error(`--group is "${values.group}", but must be 0 to ${PLACES.length - 1}`);
  const count = Number(values.pictures);
  if (!(count >= 1)) throw new Error(`--pictures is "${values.pictures}", but must be at least 1`);
  return { conditionMode, group, count, epochs: Number(values.epochs) };
}

async function main() {
  const { pictures, written, pairs, bits } = await learnCaptions(readOptions());
  console.log("Pictures of pairs that it was never shown, and what it says of them:\n");
  for (const i of [0, 1, 2]) console.log(`${show(pictures[i], written[i])}\n`);
  for (const { caption, words, captions } of pairs) {
    console.log(
      `${caption.padEnd(30)} ${percent(words)} of the words right, ${percent(captions)} of the captions`,
    );
  }
  console.log(
    `\nA caption costs ${bits.own.toFixed(1)} bits with its own picture, ${bits.shuffled.toFixed(1)} with another's;`,
  );
  console.log(`one of ${ALL.length} captions drawn by lot has ${Math.log2(ALL.length).toFixed(1)}.`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
