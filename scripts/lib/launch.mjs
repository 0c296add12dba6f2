// The first lines of every script: is this Node new enough? Only then are the other modules loaded, so this file
// keeps to syntax that old versions of Node can read too.

/** Node versions that the tools of the tests (vite, vitest, oxlint) run on; everything else is happy with any 20. */
const NEEDS_TEST_TOOLS = "20.19 or newer (of the 22 line 22.12 or newer)";

/**
 * @param {string} version such as "20.20.2"
 * @param {boolean} testTools whether vite, vitest and oxlint have to run too
 * @returns {string | undefined} what is wrong with this version of Node; undefined when nothing is
 */
export function nodeProblem(version, testTools) {
  const parts = version.split(".").map(Number);
  const major = parts[0] || 0;
  const minor = parts[1] || 0;
  const oldForTests = major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 12);
  let wanted = "";
  if (major < 20) wanted = testTools ? NEEDS_TEST_TOOLS : "20 or newer";
  else if (testTools && oldForTests) wanted = NEEDS_TEST_TOOLS;
  return wanted
    ? "mynah needs Node " +
        wanted +
        " for this, and this is Node " +
        version +
        ": install the current LTS version from https://nodejs.org and run this again."
    : undefined;
}

/**
 * Checks Node, loads a script's main module and runs its `main` with the command line's arguments.
 *
 * @param {() => Promise<{ main: (args: string[]) => Promise<number> }>} load imports the main module; its result is the exit code
 * @param {boolean} [testTools] whether the script uses vite, vitest or oxlint
 * @returns {void}
 */
export function launch(load, testTools) {
  const problem = nodeProblem(process.versions.node, testTools === true);
  if (problem) {
    console.error(problem);
    process.exitCode = 1;
    return;
  }
  load()
    .then((script) => script.main(process.argv.slice(2)))
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        // A Stop is a sentence for a person; anything else is a fault of ours and keeps its stack.
        console.error(error && error.name === "Stop" ? "\n" + error.message : error);
        process.exitCode = (error && error.exitCode) || 1;
      },
    );
}
