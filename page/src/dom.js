// Elements, with text as text: names in data never become markup.

let count = 0;
export const newId = (prefix) => `${prefix}-${++count}`;

/** element("button", {type: "button", onclick}, "text", child): attributes; functions as listeners. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value != null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A button that saves `text()` as a file. */
export function saveButton(label, name, text) {
  const save = () => {
    const address = URL.createObjectURL(new Blob([text()], { type: "text/csv;charset=utf-8" }));
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  return element("button", { type: "button", class: "quiet", onclick: save }, label);
}
