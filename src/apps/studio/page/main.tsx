/** Opens the page. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.js";
import { Failure } from "./parts.js";
import { createStudio } from "./state.js";
import { takeReportStyle } from "./style.js";
import { workplaceOfPage } from "./workplace-of-page.js";

/** Where a tab keeps the name of the open project, so that a reload opens it again. */
const OPEN = "project";

const root = document.getElementById("studio");

takeReportStyle();

async function openIn(root: HTMLElement): Promise<void> {
  const workplace = await workplaceOfPage();
  const studio = createStudio(workplace, () => performance.now());
  addEventListener("beforeunload", (event) => {
    if (studio.unsaved.value) event.preventDefault();
  });
  render(<App studio={studio} />, root);
  await studio.start(sessionStorage.getItem(OPEN) ?? undefined);
  effect(() => {
    const name = studio.project.value?.name;
    if (name === undefined) sessionStorage.removeItem(OPEN);
    else sessionStorage.setItem(OPEN, name);
  });
}

if (root !== null) {
  await openIn(root).catch((error: unknown) => {
    render(
      <main>
        <h1>Studio</h1>
        <Failure error={error} />
      </main>,
      root,
    );
  });
}
