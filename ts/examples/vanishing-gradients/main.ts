// A lesson on how far back an RNN, a GRU and an LSTM can learn from, which is measured while they do.
import { MynahError, type TextModel } from "mynah";
import { find, onPress, perform } from "../page.js";
import { drawChart, markOf, powerOfTen } from "./chart.js";
import {
  CELLS,
  create,
  FARTHEST,
  measure,
  NEAREST,
  textOf,
  train,
  type Cell,
  type Course,
  type Measured,
} from "./lesson.js";

interface Pupil {
  readonly cell: Cell;
  readonly model: TextModel;
  readonly before: Measured;
  now: Measured;
}

const chart = find("chart", SVGSVGElement);
const slider = find("distance", HTMLInputElement);
const progress = find("progress", HTMLProgressElement);
const easy = find("easy", HTMLInputElement);
const orthogonal = find("orthogonal", HTMLInputElement);

const pupils: Pupil[] = [];

/** Three models that have learnt nothing, measured. */
async function begin(signal: AbortSignal): Promise<Course> {
  const course = { hasEasyExamples: easy.checked, isOrthogonal: orthogonal.checked };
  await Promise.all(pupils.splice(0).map(({ model }) => model.dispose()));
  for (const cell of CELLS) {
    const model = await create(cell, course, signal);
    const before = await measure(model, slider.valueAsNumber);
    pupils.push({ cell, model, before, now: before });
  }
  progress.value = 0;
  show();
  return course;
}

const beginAnew = () => perform(async (signal) => void (await begin(signal)));

async function learn(signal: AbortSignal): Promise<void> {
  const course = await begin(signal);
  // If one fails the others end, too.
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const done = CELLS.map(() => 0);
  const teach = async (pupil: Pupil, at: number) => {
    for await (const { fractionDone } of train(pupil.model, course, either)) {
      await look(pupil);
      done[at] = fractionDone;
      progress.value = Math.min(...done);
    }
  };
  try {
    await Promise.all(pupils.map(teach));
  } finally {
    failing.abort();
  }
}

async function look(pupil: Pupil): Promise<void> {
  pupil.now = await measure(pupil.model, slider.valueAsNumber);
  show();
}

/** How often they are right at another distance. */
async function lookAgain(): Promise<void> {
  try {
    await Promise.all(pupils.map(look));
  } catch (error) {
    // Others have taken their places meanwhile, and were looked at.
    if (!(error instanceof MynahError && error.code === "disposed")) throw error;
  }
}

function show(): void {
  const distance = slider.valueAsNumber;
  const symbols = [...textOf(FARTHEST, "A")].slice(0, -1).toReversed().join("");
  const lines = pupils.map(({ cell, before, now }) => ({ name: cell, before: before.norms, now: now.norms }));
  drawChart(chart, lines, symbols, distance);
  find("far", HTMLOutputElement).value = String(distance);
  find("text", HTMLElement).textContent = textOf(distance, "A", "");
  find("rows", HTMLTableSectionElement).replaceChildren(...pupils.map((pupil) => rowOf(pupil, distance)));
  find("finding", HTMLElement).textContent = finding(distance);
}

function rowOf({ cell, before, now }: Pupil, distance: number): HTMLTableRowElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = cell.toUpperCase();
  row.append(head);
  const right = `${Math.round(100 * now.right)} %`;
  for (const text of [scientific(at(before, distance)), scientific(at(now, distance)), right]) {
    row.insertCell().textContent = text;
  }
  return row;
}

const at = ({ norms }: Measured, distance: number) => norms[distance - 1] ?? NaN;

/** 0.00012 as 1.2 · 10⁻⁴; what is not so small as it is. */
function scientific(value: number): string {
  if (value >= 0.01) return String(Number(value.toPrecision(2)));
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits} · ${powerOfTen(Number(power))}`;
}

/** What the numbers say, in a sentence. */
function finding(distance: number): string {
  const [rnn, gru, lstm] = pupils.map(({ now }) => at(now, distance));
  if (rnn === undefined || gru === undefined || lstm === undefined) return "";
  const times = (value: number) => Number((value / rnn).toPrecision(2)).toLocaleString("en");
  return `${distance} symbols before the answer, the GRU gets ${times(gru)} times the gradient of the RNN, and the LSTM ${times(lstm)} times.`;
}

for (const [i, cell] of CELLS.entries()) {
  find(`mark-${cell}`, SVGPathElement).setAttribute("d", markOf(i));
}
slider.min = String(NEAREST);
slider.max = slider.value = String(FARTHEST);
slider.addEventListener("input", () => {
  show();
  void lookAgain();
});
new ResizeObserver(show).observe(chart);
for (const choice of [easy, orthogonal]) {
  // While they learn it is for the next time.
  choice.addEventListener("change", () => document.body.ariaBusy === "false" && void beginAnew());
}
onPress("learn", learn);

await beginAnew();
