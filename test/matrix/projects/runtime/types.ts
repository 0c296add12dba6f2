// Every entry with its types, in a strict project without type packages.
import { createPool, MynahError, TextModel, type PlaceOptions, type TrainStep } from "mynah";
import { configure as configureCore, TextModel as CoreModel } from "mynah/core";
import { configure, type Places, type WasmSource } from "mynah/slim";

const wasm: WasmSource = new URL("https://example.org/mynah_simd128.wasm");
const places: Places = { wasm: { simd128: wasm }, worker: "/mynah-worker.js" };
configure(places);
configureCore({ wasm: { relaxed: new ArrayBuffer(8) } });
// @ts-expect-error -- core starts no worker
configureCore({ worker: "/mynah-worker.js" });

export async function losses(text: string, place: PlaceOptions): Promise<readonly number[]> {
  await using model = await TextModel.create({ text, ...place });
  const inWorker: boolean = model.hasWorker;
  const seen: number[] = [];
  // @ts-expect-error -- a misspelt option is an error of the compiler already
  await model.sampleText({ temprature: 1 });
  for await (const step of model.train({ text, epochs: 1 })) seen.push(lossOf(step));
  return inWorker ? seen : [];
}

export async function firstWords(file: Uint8Array): Promise<string> {
  const pool = await createPool({ model: file });
  const core = await CoreModel.load(file);
  try {
    return await core.sampleText({ length: 5 });
  } catch (error) {
    return error instanceof MynahError ? error.code : "";
  } finally {
    await pool.dispose();
  }
}

const lossOf = ({ validationLoss, loss }: TrainStep): number => validationLoss ?? loss;
