// Runs a sample as a program; one that exports what answers requests, as servers do, gets one.
const sample = await import("./sample.js");
const answer = await sample.default?.fetch(new Request("http://127.0.0.1/?prompt=The"));
if (answer !== undefined && (await answer.text()) === "") throw new Error("The answer is empty");
