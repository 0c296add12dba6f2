// VitePress' own theme, with room for wide formulas.
import DefaultTheme from "vitepress/theme";
import "./style.css";

export default DefaultTheme;
