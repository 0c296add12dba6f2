import { TextModel } from "mynah";
import { useEffect, useState } from "react";
import { trainAndShow } from "./train.js";

export function Writer() {
  const [state, setState] = useState("idle");
  useEffect(() => {
    setState("training");
    trainAndShow(TextModel).then(() => setState("done"));
  }, []);
  return <p id="state">{state}</p>;
}
