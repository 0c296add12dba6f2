import { MynahError } from "../../index.js";

/**
 * Refuses to read stdin in two places: it comes to its end once.
 *
 * @param places - what each is called, with its path
 * @throws MynahError `contradictory-options`.
 */
export function refuseStdinTwice(places: Readonly<Record<string, string | undefined>>): void {
  const taken = Object.keys(places).filter((place) => places[place] === "-");
  if (taken.length < 2) return;
  throw new MynahError("contradictory-options", `Only one of ${taken.join(" and ")} can come from stdin`);
}
