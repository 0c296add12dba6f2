"use client";

import { TextModel } from "mynah";
import { useEffect, useState } from "react";
import { trainAndShow } from "../train.js";

// Rendered on the server first, with mynah imported there, too.
export default function Page() {
  const [state, setState] = useState("idle");
  useEffect(() => {
    setState("training");
    void trainAndShow(TextModel).then(() => setState("done"));
  }, []);
  return (
    <>
      <p id="state">{state}</p>
      <output />
    </>
  );
}
