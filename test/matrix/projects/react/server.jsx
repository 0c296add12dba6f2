// What frameworks such as Next do on the server: the component, and mynah with it, is imported and rendered there.
import { renderToString } from "react-dom/server";
import { Writer } from "./writer.jsx";

console.log(renderToString(<Writer />));
