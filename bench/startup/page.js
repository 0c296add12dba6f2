// The way from the load of the page to the first step; performance.now() counts from the beginning of the load. The page
// fetches its text beside the package, as a page would.
try {
  const { create, train, workers } = JSON.parse(decodeURIComponent(location.search.slice(1)));
  const [{ TextModel }, text] = await Promise.all([
    import("../dist/browser/index.js"),
    fetch("../dist/corpora/fables.txt").then((response) => response.text()),
  ]);
  const imported = performance.now();
  const model = await TextModel.create({ text, ...create });
  const created = performance.now();
  for await (const { step } of model.train({ text, ...train, workers })) {
    globalThis.startup = { imported, created, firstStep: performance.now(), step };
    break;
  }
  await model.dispose();
} catch (error) {
  globalThis.startup = { error: String(error) };
}
