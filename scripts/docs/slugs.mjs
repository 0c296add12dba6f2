// The anchors of headings, as GitHub makes them: one rule for the pages there, for the site and for the test of links.

/**
 * @param {string} heading as it stands in Markdown
 * @returns {string}
 */
export function slugify(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
