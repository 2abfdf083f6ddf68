import { element } from "../../src/dom.js";
import { chosenFiles, droppedFiles } from "./files.js";

const accept = "image/*,.heic,.heif,.avif,.tif,.tiff,.bmp";

/** Calls `taken([{file, folder}])` with what is dropped on a place. */
export function takesDrops(place, taken) {
  let within = 0;  // a drag enters a child before it leaves its parent
  const mark = (change) => { within = Math.max(0, within + change); place.classList.toggle("over", within > 0); };
  place.addEventListener("dragenter", (event) => { event.preventDefault(); mark(1); });
  place.addEventListener("dragleave", () => mark(-1));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    document.querySelectorAll(".over").forEach((each) => each.classList.remove("over"));
    within = 0;
    taken(await droppedFiles(event.dataTransfer));
  });
}

/** A button that pictures are dropped on, and that opens a file chooser. */
export function dropButton(label, hint, taken, { folders = false } = {}) {
  const input = element("input", {
    type: "file", multiple: true, hidden: true, accept: folders ? null : accept, webkitdirectory: folders,
    onchange: () => { taken(chosenFiles(input)); input.value = ""; },
  });
  const button = element("button", { type: "button", class: "drop", onclick: () => input.click() },
    element("b", {}, label), hint ? element("span", {}, hint) : null);
  takesDrops(button, taken);
  return element("div", { class: "dropping" }, button, input);
}
