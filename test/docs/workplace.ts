// A folder in which samples of the documentation run: with the packed package installed, and the files that the text speaks of.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { loadCorpus, TextModel, type CreateOptions, type TrainOptions } from "mynah";
import { pack } from "../package/packed.mjs";
import { temporaryFolder } from "../support/places.js";

/** Trained in a moment. */
const SMALL = { hiddenSize: 24, embeddingSize: 8 } as const;
const SHORT = { steps: 30, batchSize: 4, seqLength: 32 } as const;

/** Long enough to run every sample, short enough to be learnt in a second. */
const NOTES_LENGTH = 4000;

export class Workplace implements Disposable {
  readonly folder: string;
  readonly #remove: () => void;
  readonly #env: NodeJS.ProcessEnv;

  private constructor() {
    const { folder, remove } = temporaryFolder("samples");
    this.folder = folder;
    this.#remove = remove;
    fs.writeFileSync(this.file("package.json"), `{ "name": "samples", "private": true, "type": "module" }\n`);
    // Nothing may ask a registry for anything: what is installed and run is here.
    const npm = { npm_config_offline: "true", npm_config_cache: path.join(folder, "npm-cache") };
    this.#env = { ...process.env, ...npm, HOME: folder, NO_COLOR: "1" };
    const { tarball } = pack(folder);
    const { status, output } = this.run("npm", ["install", "--no-audit", "--no-fund", tarball]);
    if (status !== 0) throw new Error(output);
  }

  static async open(): Promise<Workplace> {
    const place = new Workplace();
    await place.#fill();
    return place;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** What a program printed, on both outputs, and how it ended. */
  run(command: string, args: readonly string[]): { status: number | null; output: string } {
    const options = { cwd: this.folder, env: this.#env, encoding: "utf8", timeout: 120_000 } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    return { status, output: `${stdout}\n${stderr}` };
  }

  /** A file becomes what an interrupted run over `notes.txt` leaves: a checkpoint, which `--resume` goes on from. */
  interrupt(name: string): void {
    fs.copyFileSync(this.file("stopped.safetensors"), this.file(name));
  }

  async #fill(): Promise<void> {
    const fables = await loadCorpus("fables");
    const part = (number: number) => fables.slice(NOTES_LENGTH * number, NOTES_LENGTH * (number + 1));
    const names = (await loadCorpus("dinosaurs")).split("\n").slice(0, 300);
    const plates = names.map((_, i) => `${PLATES[i % 3]}-${1000 + 7 * i}`);
    const texts: Record<string, string> = {
      "notes.txt": part(0),
      "other.txt": part(1),
      "text.txt": part(3).slice(0, 200),
      "sample.txt": part(0).slice(0, 300),
      "beginning.txt": "Once upon a ti",
      "names.txt": names.join("\n"),
      "chapters/1.txt": part(0),
      "chapters/2.txt": part(1),
    };
    fs.mkdirSync(this.file("chapters"));
    for (const [name, text] of Object.entries(texts)) fs.writeFileSync(this.file(name), text);
    await this.#train("notes", { text: part(0) });
    await this.#train("names", { documents: names });
    await this.#train("plates", { documents: plates });
    const bpe = await TextModel.create({ text: part(0), tokenizer: "bpe", vocabularySize: 300, ...SMALL });
    fs.writeFileSync(this.file("tokenizer.json"), JSON.stringify(await bpe.exportTokenizer()));
    await bpe.dispose();
  }

  async #train(name: string, source: CreateOptions & TrainOptions): Promise<void> {
    const model = await TextModel.create({ ...source, ...SMALL });
    for await (const { step } of model.train({ ...source, ...SHORT })) if (step > 5) break;
    if (name === "notes") fs.writeFileSync(this.file("stopped.safetensors"), await model.saveCheckpoint());
    await model.train({ ...source, ...SHORT });
    fs.writeFileSync(this.file(`${name}.safetensors`), await model.save());
    await model.dispose();
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}

/** Of number plates. */
const PLATES = ["AB", "CD", "EF"];
