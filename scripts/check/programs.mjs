// The formatter and the linter, as `node` is called with them: on the whole repository, as their configurations say.
import { inRoot } from "../lib/paths.mjs";

export const prettier = [
  inRoot("node_modules", "prettier", "bin", "prettier.cjs"),
  ".",
  "--log-level",
  "warn",
];

export const oxlint = [
  inRoot("node_modules", "oxlint", "bin", "oxlint"),
  "--deny-warnings",
  "--report-unused-disable-directives",
];
