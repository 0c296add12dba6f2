// Vite's development server bundles dependencies into one folder of its own, where a package can no longer find its
// worker and its wasm beside it; so it is told to leave this one as it is.
export default {
  optimizeDeps: { exclude: ["mynah"] },
};
