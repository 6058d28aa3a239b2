/** Opens the page. */
import { render } from "preact";
import { pageStyle } from "../../../results/report/pages/page.js";
import { wrongRowsStyle } from "../../../results/report/pages/sections/wrong-rows.js";
import { App } from "./app.js";
import { createStudio } from "./state.js";
import { workplaceOfPage } from "./workplace-of-page.js";

const root = document.getElementById("studio");

// The report's style comes first, so that the studio's own sheet need only add to it.
const sheet = new CSSStyleSheet();
sheet.replaceSync(pageStyle + wrongRowsStyle);
document.adoptedStyleSheets = [sheet];

if (root !== null) {
  const studio = createStudio(await workplaceOfPage(), () => performance.now());
  addEventListener("beforeunload", (event) => {
    if (studio.unsaved.value) event.preventDefault();
  });
  render(<App studio={studio} />, root);
  await studio.start();
}
