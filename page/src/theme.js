import { element } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Light or dark as the system has it, until somebody says otherwise. */
export function themeButton() {
  const label = () => (isDark() ? "Light" : "Dark");
  const button = element("button", {
    type: "button", id: "theme", class: "quiet",
    onclick: () => {
      document.documentElement.dataset.theme = isDark() ? "light" : "dark";
      button.textContent = label();
    },
  }, label());
  system.addEventListener("change", () => { button.textContent = label(); });
  return button;
}
