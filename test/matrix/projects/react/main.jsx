import { createRoot } from "react-dom/client";
import { Writer } from "./writer.jsx";

createRoot(document.querySelector("#root")).render(<Writer />);
