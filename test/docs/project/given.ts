// What the text around a sample has spoken of: a sample that says so (`<!-- sample: given model, text -->`) gets these.
import { readFile } from "node:fs/promises";
import { TextModel } from "mynah";

/** A text to learn. */
export const text = await readFile("notes.txt", "utf8");

/** Names to learn. */
export const documents = (await readFile("names.txt", "utf8")).split("\n").filter((name) => name !== "");

/** A saved model of `text`. */
export const file = await readFile("notes.safetensors");

/** A model of `text`. */
export const model = await TextModel.load(file);

/** That of a request, a button. */
export const { signal } = new AbortController();

interface Place {
  append(text: string): void;
}

/** Elements of a page that text is written into. */
export const page: Place = { append: (it) => void process.stdout.write(it) };
export const list: Place = page;

/** An `<input type="file">` in which a file was chosen. */
export const input = { files: [new File([text], "notes.txt")] as const };
