import { render } from "preact";
import { App } from "./app.tsx";
import { followTime } from "./clock.ts";
import { startEngine } from "./engine.ts";
import { followFragment } from "./route.ts";
import { watchServer } from "./server.ts";
import { keepFocus } from "./ui/keep-focus.ts";
import { followServer } from "./world.ts";
import "./styles/page.css";

followFragment();
followTime();
keepFocus();
followServer();
void startEngine();
void watchServer();
render(<App />, document.getElementById("page")!);
