// The tools of the matrix lie outside this project, behind links; a project that has installed its own needs no configuration.
export default { turbopack: { root: "/" }, outputFileTracingRoot: "/" };
