/** The page from top to bottom. */
import { Data } from "./data.js";
import { Give } from "./give.js";
import { Look } from "./look.js";
import { OtherRuns, OtherRunView } from "./other-runs-view.js";
import type { Studio } from "./state.js";
import { Train } from "./train.js";
import { Use } from "./use.js";

export function App({ studio }: { readonly studio: Studio }) {
  const { facts, project, runs, shown, other, training } = studio;
  const known = project.value;
  return (
    <main>
      <header>
        <h1>{known === undefined ? "Studio" : known.name}</h1>
        <p>
          Give labelled texts, train a classifier, see what it gets wrong, correct, and take it
          home. <strong>Your texts stay here:</strong> the work is done{" "}
          {facts.value?.place ?? "on this machine"}, and nothing is sent anywhere.
        </p>
        {known === undefined ? null : (
          <nav aria-label="Parts of the page" class="line">
            <a href="#data-title">Data</a>
            <a href="#train-title">Train</a>
            {runs.value.length === 0 ? null : (
              <>
                <a href="#look-title">Look</a>
                <a href="#use-title">Use</a>
              </>
            )}
            <button
              type="button"
              disabled={training.value?.ended.value === false}
              onClick={studio.close}
            >
              Other texts
            </button>
          </nav>
        )}
      </header>
      {known === undefined && other.value !== undefined ? (
        <OtherRunView key={other.value.name} studio={studio} run={other.value} />
      ) : known === undefined ? (
        <>
          <Give studio={studio} />
          <OtherRuns studio={studio} />
        </>
      ) : (
        <>
          <Data studio={studio} />
          <Train studio={studio} />
          {runs.value.length === 0 ? null : <Look studio={studio} />}
          {shown.value === undefined ? null : <Use studio={studio} run={shown.value} />}
        </>
      )}
      <footer>
        <p class="note">l3masking {facts.value?.version}</p>
      </footer>
    </main>
  );
}
