import { TextModel } from "mynah";
import { trainAndShow } from "./train.js";

void trainAndShow(TextModel);
