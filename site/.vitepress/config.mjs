// The site: which pages there are, in which order. `npm run docs` has copied them to where `srcDir` is.
import fs from "node:fs";
import { slugify } from "../../scripts/docs/slugs.mjs";

const page = (text, link) => ({ text, link });

/** What typedoc has made. */
function reference() {
  const file = new URL("../../build/site/src/api/typedoc-sidebar.json", import.meta.url);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : [];
}

export default {
  title: "mynah",
  description: "Trains a small text model on your own text, in a browser tab or in Node.",
  srcDir: "../build/site/src",
  outDir: "../build/site/out",
  cacheDir: "../build/site/cache",
  cleanUrls: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  // rustdoc is put beside the pages when they are built.
  ignoreDeadLinks: [/^\/rust\//],
  markdown: { anchor: { slugify } },
  themeConfig: {
    // The reference names every option several times: what explains it comes first.
    search: {
      provider: "local",
      options: {
        miniSearch: { searchOptions: { boostDocument: (id) => (/\/(api|rust)\//.test(id) ? 0.2 : 1) } },
      },
    },
    outline: [2, 3],
    nav: [page("Start", "/start"), page("API", "/api/"), page("Changes", "/changelog")],
    sidebar: [
      { text: "Start", items: [page("Start in five minutes", "/start"), page("Questions", "/faq")] },
      {
        text: "Guides",
        items: [
          page("A page that writes", "/guides/page"),
          page("A voice from your own texts", "/guides/writer"),
          page("Showing how it works", "/guides/teacher"),
          page("Jobs and services in Node", "/guides/node"),
          page("Comparing cells, moving weights", "/guides/research"),
        ],
      },
      {
        text: "Subjects",
        items: [
          page("Every call", "/calls"),
          page("Training", "/training"),
          page("Sampling", "/sampling"),
          page("Sessions, looking inside", "/sessions"),
          page("Tokenizers", "/tokenizers"),
          page("Reading texts, keeping models", "/storage"),
          page("Serving", "/serving"),
          page("Installing anywhere", "/install"),
        ],
      },
      {
        text: "Facts",
        items: [
          page("Maths", "/maths"),
          page("Performance", "/performance"),
          page("Quality", "/quality"),
          page("File format", "/file-format"),
          page("Errors", "/errors"),
          page("Dependencies", "/dependencies"),
        ],
      },
      {
        text: "Contributing",
        items: [
          page("Contributing", "/contributing"),
          page("Adding a cell", "/adding-a-cell"),
          { text: "Rust crates", link: "/rust/mynah_nn/index.html", target: "_self" },
        ],
      },
      { text: "API reference", collapsed: true, items: reference() },
    ],
  },
};
