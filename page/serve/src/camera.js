import { element } from "../../src/dom.js";

const byId = (id) => document.getElementById(id);
let taken = () => {}, stream = null, count = 0;

function take() {
  const view = byId("camera-view");
  const canvas = element("canvas", { width: view.videoWidth, height: view.videoHeight });
  canvas.getContext("2d").drawImage(view, 0, 0);
  canvas.toBlob((blob) => taken([{ folder: "", file: new File([blob], `camera-${++count}.jpg`, { type: "image/jpeg" }) }]),
    "image/jpeg", 0.95);
}

async function open() {
  byId("camera-problem").textContent = "";
  byId("camera-take").disabled = true;
  byId("camera").showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    byId("camera-view").srcObject = stream;
    byId("camera-take").disabled = false;
  } catch (error) {
    byId("camera-problem").textContent = `No camera: ${error.message}.`;
  }
}

byId("camera-take").addEventListener("click", take);
byId("camera-close").addEventListener("click", () => byId("camera").close());
byId("camera").addEventListener("close", () => {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
});

/** A button that takes pictures: here, or by the phone's own camera where a browser allows no more. */
export function cameraButton(given) {
  const input = element("input", {
    type: "file", accept: "image/*", capture: "environment", hidden: true,
    onchange: () => { given([...input.files].map((file) => ({ file, folder: "" }))); input.value = ""; },
  });
  const start = () => {
    if (!navigator.mediaDevices || matchMedia("(pointer: coarse)").matches) return input.click();
    taken = given;
    open();
  };
  return element("div", { class: "shooting" },
    element("button", { type: "button", class: "quiet", onclick: start }, "Camera"), input);
}
