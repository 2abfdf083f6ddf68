// The page of `qprompt serve`: pictures and names at the top, teaching below.
import { themeButton } from "../../src/theme.js";
import { getModel, token } from "./api.js";
import { Look } from "./look.js";
import { teaching } from "./teach.js";

const byId = (id) => document.getElementById(id);

/** Shows an error in one line at its place; null takes it away. */
function failed(problem, place) {
  byId(place).textContent = problem?.message ?? "";
  if (problem?.status !== 401) return;
  byId("token-field").hidden = false;
  byId("token").focus();
}

function askForToken({ token_required: isRequired }) {
  byId("token-field").hidden = !isRequired;
  byId("token").value = token.get();
  byId("token-field").addEventListener("submit", (event) => event.preventDefault());
  byId("token").addEventListener("input", ({ target }) => token.set(target.value));
}

async function start() {
  byId("theme").replaceWith(themeButton());
  try {
    const model = await getModel();
    byId("model").textContent = `qprompt ${model.version} with ${model.model}.`;
    askForToken(model);
    const look = new Look(model.limits, failed);
    teaching(model.limits, look.prompts, {
      failed,
      showAnswers: () => { byId("answers").scrollIntoView(); byId("answers").focus({ preventScroll: true }); },
    });
    await look.prompts.refresh();
  } catch (problem) {
    failed(problem, "page-problem");
  }
}

start();
