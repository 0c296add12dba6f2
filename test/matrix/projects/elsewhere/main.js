// The package from another origin, as from a CDN: the test puts its address into the address of the page.
import { trainAndShow } from "./train.js";

const cdn = new URL(location.href).searchParams.get("cdn");
const { TextModel } = await import(`${cdn}/mynah/dist/browser/index.js`);
void trainAndShow(TextModel);
