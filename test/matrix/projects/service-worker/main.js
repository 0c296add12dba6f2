// The page only shows what its service worker has written.
const { serviceWorker } = navigator;
serviceWorker.addEventListener("message", ({ data }) => {
  document.querySelector("output").dataset.result = data;
});
await serviceWorker.register("./service-worker.js");
const { active } = await serviceWorker.ready;
active.postMessage("write", []);
