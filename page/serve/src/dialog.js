const byId = (id) => document.getElementById(id);

/** Whether somebody says yes to a question. */
export function confirmed(question, yes) {
  const dialog = byId("question");
  byId("question-text").textContent = question;
  byId("question-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
