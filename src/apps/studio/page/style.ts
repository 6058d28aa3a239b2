/** The report's style, which the studio's own sheet adds to. */
import { pageStyle } from "../../../results/report/pages/page.js";
import { wrongRowsStyle } from "../../../results/report/pages/sections/wrong-rows.js";

export function takeReportStyle(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(pageStyle + wrongRowsStyle);
  document.adoptedStyleSheets = [sheet];
}
