import { course } from "./course.js";

addEventListener("message", async ({ data: request }) => {
  try {
    postMessage({ result: await course(request) });
  } catch ({ code, message, hint }) {
    postMessage({ error: { code, message, hint } });
  }
});
