// The measured side of the protocol, for Node: the job is the first argument; every line of standard input names a budget
// in seconds, and is answered by a line with what was done in it. The end of input ends the process.
import { createInterface } from "node:readline";
import { measure, warmUp } from "./subjects/spans.mjs";

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/**
 * @param {(job: import("./workloads.mjs").Job) => Promise<{
 *   versions: string, subject: import("./subjects/spans.mjs").Subject, peakMemory?: () => number | undefined }>} prepare
 *   a subject that measures by itself has warmed up by itself, too
 */
export async function serve(prepare) {
  // What libraries print must not get between the answers.
  console.log = console.error;
  console.info = console.error;
  try {
    const { versions, subject, peakMemory = ownPeakMemory } = await prepare(JSON.parse(process.argv[2]));
    const spans = subject.measure ?? ((budget) => measureHere(subject, budget));
    if (subject.measure === undefined) await warmUp(subject);
    say({ ready: versions });
    for await (const line of createInterface({ input: process.stdin })) {
      say(await spans(Number(line)));
    }
    const bytes = peakMemory();
    await subject.close?.();
    say({ peakMemory: bytes });
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
    say({ failed: String(error?.message ?? error) });
    process.exit(1);
  }
}

/** A span of work in this process, with the processor time that all its threads took. */
async function measureHere(subject, budget) {
  const start = process.cpuUsage();
  const span = await measure(subject, budget);
  const { user, system } = process.cpuUsage(start);
  return { ...span, processorSeconds: (user + system) / 1e6 };
}

/** In bytes. */
const ownPeakMemory = () => process.resourceUsage().maxRSS * 1024;
