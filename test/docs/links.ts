// The links of the documentation, and what they may lead to.
import path from "node:path";
import { slugify } from "../../scripts/docs/slugs.mjs";
import { read } from "./samples.js";

export interface Link {
  /** Where it stands, such as `docs/storage.md:16`. */
  readonly place: string;
  /** The file that it leads to, from the root. */
  readonly file: string;
  /** The part after `#`; empty without. */
  readonly anchor: string;
}

const LINK = /\]\(([^()\s]+)\)|\b(?:src|href)="([^"]+)"/g;
const ELSEWHERE = /^[a-z]+:/;

/** The links of a page that lead to files of the repository. */
export function linksOf(page: string): Link[] {
  return withoutCode(read(page)).flatMap((line, i) =>
    [...line.matchAll(LINK)]
      .map(([, target, attribute]) => target ?? attribute ?? "")
      .filter((target) => !ELSEWHERE.test(target))
      .map((target) => {
        const [file = "", anchor = ""] = target.split("#");
        const to = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
        return { place: `${page}:${i + 1}`, file: to, anchor };
      }),
  );
}

/** The anchors of a page: one for each heading, a number behind those that come again. */
export function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of withoutCode(read(page))) {
    const [, heading] = /^#{1,6} (.+)$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const slug = slugify(heading);
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The lines of a page, empty where they are in a fence, and without code in them. */
function withoutCode(text: string): string[] {
  let inFence = false;
  return text.split("\n").map((line) => {
    const isFence = /^ *```/.test(line);
    if (isFence) inFence = !inFence;
    // A heading keeps its code: it is part of its anchor.
    if (line.startsWith("#") && !inFence) return line;
    return isFence || inFence ? "" : line.replaceAll(/`[^`]*`/g, "``");
  });
}
