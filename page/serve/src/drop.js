import { element } from "../../src/dom.js";
import { chosenFiles, droppedFiles } from "./files.js";

const accept = "image/*,.heic,.heif,.avif,.tif,.tiff,.bmp";

const unmark = () => document.querySelectorAll(".over").forEach((each) => each.classList.remove("over"));

/** Calls `taken([{file, folder}])` with what is dropped on a place. */
export function takesDrops(place, taken) {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!place.classList.contains("over")) unmark();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!place.contains(relatedTarget)) place.classList.remove("over");
  });
  place.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    unmark();
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
