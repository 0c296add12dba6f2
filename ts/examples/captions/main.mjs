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
import { readOptions, showLearning } from "../terminal.mjs";
import { learnCaptions } from "./learn.mjs";
import { ALL, PLACES, show } from "./pictures.mjs";

const { mode, group, pictures, epochs } = readOptions({
  mode: {
    oneOf: ["bias", "film", "initial-state"],
    default: "bias",
    help: "how the vector enters the model",
  },
  group: { whole: [0, PLACES.length - 1], default: 0, help: "which pairs are held out" },
  pictures: { whole: [1, 1_000_000], default: 3000, help: "how many it learns from" },
  epochs: { number: [0.01, 1000], default: 7, help: "passes over them" },
});

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0)} %`;

async function main() {
  const learning = { conditionMode: mode, group, count: pictures, epochs, onStep: showLearning };
  const { unseen, written, pairs, bits } = await learnCaptions(learning);
  console.log("Pictures of pairs that it was never shown, and what it says of them:\n");
  for (const i of [0, 1, 2]) console.log(`${show(unseen[i], written[i])}\n`);
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
