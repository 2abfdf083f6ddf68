// The classes that are taught: a row for each, with its pictures.
import { element, newId } from "../../src/dom.js";
import { dropButton, takesDrops } from "./drop.js";
import { Picture } from "./picture.js";

class ClassRow {
  pictures = [];
  #limits; #thumbs = element("ul", { class: "thumbs" }); #count = element("span", { class: "status" }); #input;

  constructor(limits, remove) {
    const id = newId("class");
    this.#limits = limits;
    this.#input = element("input", {
      type: "text", id, placeholder: "Name of the class", spellcheck: "false", autocomplete: "off",
    });
    this.view = element("li", { class: "class-row" },
      element("div", { class: "class-head" },
        element("label", { for: id, class: "hidden" }, "Name of the class"), this.#input,
        element("button", {
          type: "button", class: "remove", "aria-label": "Remove this class", onclick: () => remove(this),
        }, "×")),
      this.#thumbs,
      element("div", { class: "class-foot" },
        dropButton("Add pictures", null, (found) => this.add(found)), this.#count));
    takesDrops(this.view, (found) => this.add(found));
    this.#draw();
  }

  get name() { return this.#input.value.trim(); }
  set name(text) { this.#input.value = text; }
  get isEmpty() { return !this.name && this.pictures.length === 0; }
  focus() { this.#input.focus(); }

  add(found) {
    for (const { file } of found) {
      const picture = new Picture(file, this.#limits);
      this.pictures.push(picture);
      this.#thumbs.append(this.#thumb(picture));
    }
    this.#draw();
  }

  forget() { this.pictures.forEach((picture) => picture.forget()); }

  #thumb(picture) {
    const item = element("li", {}, element("button", {
      type: "button", class: "thumb-button", title: "Remove", "aria-label": `Remove ${picture.name}`,
      onclick: () => {
        this.pictures = this.pictures.filter((each) => each !== picture);
        picture.forget();
        item.remove();
        this.#draw();
      },
    }, picture.view()));
    return item;
  }

  #draw() {
    const count = this.pictures.length;
    this.#count.textContent = count === 1 ? "1 picture" : `${count} pictures`;
  }
}

function refuse(text, row) {
  row?.focus();
  throw new Error(text);
}

const asName = (folder) => folder.replaceAll("_", " ");

export class Lesson {
  #place; #limits; #rows = [];

  constructor(place, limits) {
    this.#place = place;
    this.#limits = limits;
    this.addRow();
    this.addRow();
  }

  addRow() {
    const row = new ClassRow(this.#limits, (gone) => this.#remove(gone));
    this.#rows.push(row);
    this.#place.append(row.view);
    return row;
  }

  /** Every folder of these files is a class; files without one are a class to be named. */
  addFolders(found) {
    for (const folder of new Set(found.map((each) => each.folder))) {
      const name = asName(folder);
      const row = this.#rows.find((each) => name && each.name === name)
        ?? this.#rows.find((each) => each.isEmpty) ?? this.addRow();
      row.name ||= name;
      row.add(found.filter((each) => each.folder === folder));
    }
  }

  /** [[name, files]]; throws an error that says what is missing, with the row it is about. */
  classes() {
    const rows = this.#rows.filter((row) => !row.isEmpty);
    const lacking = rows.find((row) => !row.name || row.pictures.length === 0);
    if (lacking?.name) refuse(`${lacking.name} has no pictures.`, lacking);
    if (lacking) refuse("A class with pictures has no name.", lacking);
    const empty = this.#rows.find((row) => row.isEmpty);
    if (rows.length < 2) refuse("Two or more classes are needed, each with its pictures.", empty);
    const twice = rows.find((row, i) => rows.some((other, j) => j < i && other.name === row.name));
    if (twice) refuse(`Two classes are named ${twice.name}.`, twice);
    return rows.map((row) => [row.name, row.pictures.map(({ file }) => file)]);
  }

  #remove(row) {
    row.forget();
    row.view.remove();
    this.#rows = this.#rows.filter((each) => each !== row);
  }
}
