const byId = (id) => document.getElementById(id);

let answered = Promise.resolve();

/** Whether somebody says yes to a question; it is asked once the one before is answered. */
export function confirmed(question, yes) {
  answered = answered.then(() => ask(question, yes));
  return answered;
}

/** A dialog tells of its answer a while after it is gone; a question asked before would hear that one. */
function ask(question, yes) {
  const dialog = byId("question");
  byId("question-text").textContent = question;
  byId("question-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
