/**
 * Runs test files when it is told to, and answers with the name of the first test that fails, or "": it stays, so that only what was
 * changed is compiled again.
 */
import { resolve } from "node:path";
import process from "node:process";
import { createVitest } from "vitest/node";

const vitest = await createVitest("test", {
  watch: false,
  project: ["unit"],
  maxWorkers: 1,
  bail: 1,
  reporters: [{}],
});

const [unit] = vitest.projects;

process.on("message", async ({ changed, tests }) => {
  for (const file of changed) vitest.invalidateFile(resolve(file));
  // Else the results of earlier files are among those of these.
  vitest.state.filesMap.clear();
  const files = tests.map((test) => unit.createSpecification(resolve(test)));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(files);
  const failed = testModules.filter((one) => one.state() === "failed");
  const names = failed.flatMap((one) =>
    [...one.children.allTests("failed")].map(
      ({ fullName }) => `${one.relativeModuleId} > ${fullName}`,
    ),
  );
  const whole = [...failed.map((one) => one.relativeModuleId), ...unhandledErrors.map(String)];
  process.send(names[0] ?? whole[0] ?? "");
});
process.send("ready");
